"""Edit checks of a record: what of the definition's checks fails, passes, or is left open.

Three-valued: only FALSE fails. What a missing or incomplete value leaves open neither raises a
query nor closes one.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Literal

from services.assessments.domain.check_plan import DAYS_OUT, Plan, Planned, plan_of
from services.assessments.domain.faults import Fault
from services.assessments.domain.history import History
from services.assessments.domain.items import typed
from services.assessments.domain.subject_state import SubjectState
from shared.rules.terms import term_list
from shared.study import StudyDefinition
from shared.study.analysis import Threshold
from shared.study.dates import PartialDate
from shared.study.derivation import Record, anchor_dates
from shared.study.edit_checks import ANCHOR_PREFIX, DictionaryRule
from shared.study.forms import Form
from shared.study.open_dates import anchor_values
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value

# Differs at every version of a record, so it says nothing of whether the same was asked before.
_CLOCK = "recorded_on"


@dataclass(frozen=True)
class Verdict:
    """A check and what came out of it for one record. ``days_out`` is the record's, None where its
    visit has no window yet; ``seen`` is a hash of what a failing check looked at, else empty."""

    planned: Planned
    record: History
    truth: Truth
    seen: str
    days_out: int | None

    @property
    def severity(self) -> Literal["query", "flag"]:
        """How a failure is kept: a hard one that came about by a change elsewhere is asked too."""
        return "flag" if self.planned.check.severity == "flag" else "query"


def hard_faults(
    definition: StudyDefinition, state_after: SubjectState, record: History
) -> list[Fault]:
    """Why a record cannot be taken: its hard checks that fail."""
    planned = plan_of(definition).checks.get(record.form, ())
    if not any(each.check.severity == "hard" for each in planned):
        return []
    found = verdicts(definition, state_after, [record], hard_only=True)
    return [
        Fault(
            ("items", str(each.planned.check.on)),
            "check-failed",
            f"{each.planned.check.message} ({each.planned.check.id}, "
            f"version {each.planned.check.version})",
        )
        for each in found
        if each.truth is Truth.FALSE
    ]


def touched(
    definition: StudyDefinition, state: SubjectState, changed: Iterable[History]
) -> list[History]:
    """The records of the subject that a change may make pass or fail: the changed ones, and where
    dates of the subject are read from one of them, all others as well."""
    ids = {each.record_id for each in changed}
    anchor_forms = plan_of(definition).anchor_forms
    if any(each.form in anchor_forms for each in changed):
        return list(state.histories)
    return [each for each in state.histories if each.record_id in ids]


def verdicts(
    definition: StudyDefinition,
    state: SubjectState,
    records: Iterable[History],
    *,
    hard_only: bool = False,
    changed: Collection[str] | None = None,
) -> list[Verdict]:
    """Every check of these records, in the order of records and of the definition.

    ``changed`` are the ids of records that changed: of the others only those checks are judged that
    read something elsewhere.
    """
    plan = plan_of(definition)
    thresholds = definition.thresholds_by_id()
    anchors = subject_anchors(definition, state)
    found = []
    for record in records:
        form = plan.forms.get(record.form)
        if form is None:
            continue
        own = plan.checks[record.form]
        context = context_values(definition, state, record, anchors)
        values = context | item_values(plan, record)
        out = context[DAYS_OUT]
        for each in own:
            if hard_only and each.check.severity != "hard":
                continue
            if changed is not None and record.record_id not in changed and not each.elsewhere:
                continue
            truth = _truth(form, each, values, thresholds)
            seen = _seen(each, values) if truth is Truth.FALSE else ""
            found.append(Verdict(each, record, truth, seen, out if isinstance(out, int) else None))
    return found


def item_values(plan: Plan, record: History) -> dict[str, Value | None]:
    """The typed values of a record, in the units of their items."""
    items = plan.items[record.form]
    return {
        name: typed(items[name], kept) for name, kept in record.items().items() if name in items
    }


def subject_anchors(definition: StudyDefinition, state: SubjectState) -> Mapping[str, date]:
    """Dates of the subject's anchors; one without a date has no key."""
    plan = plan_of(definition)
    records = [
        Record(each.form, each.record_id, item_values(plan, each), each.visit)
        for each in state.histories
        if each.form in plan.anchor_forms
    ]
    return anchor_dates(definition, records, state.allocated_on)


def context_values(
    definition: StudyDefinition,
    state: SubjectState,
    record: History,
    anchors: Mapping[str, date],
) -> dict[str, Value | None]:
    """What a check may name beside the items of the form; None where it is not known."""
    day = record.latest.observed_on
    return {
        "age_years": age_in_years(state.birth_year_month, day or state.today),
        "consented_on": state.consented_on,
        "birth_year_month": PartialDate.parse(state.birth_year_month),
        _CLOCK: state.today,
        "visit": record.visit,
        DAYS_OUT: days_out(definition, record, anchors),
        **{f"{ANCHOR_PREFIX}{name}": found for name, found in anchor_values(anchors).items()},
    }


def age_in_years(birth_year_month: str, day: date) -> int | None:
    """Completed years on a day; None in the month of a birthday and before birth, as birth is known
    to the month only."""
    born = PartialDate.parse(birth_year_month)
    ages = {
        day.year - each.year - ((day.month, day.day) < (each.month, each.day))
        for each in (born.earliest, born.latest)
    }
    age = ages.pop()
    return age if not ages and age >= 0 else None


def days_out(
    definition: StudyDefinition, record: History, anchors: Mapping[str, date]
) -> int | None:
    """Days outside the window of the record's visit, 0 within; None where there is none to tell."""
    day = record.latest.observed_on
    visit = plan_of(definition).visits.get(record.visit)
    if visit is None or day is None or visit.anchor not in anchors:
        return None
    return visit.window(anchors[visit.anchor]).days_out(day)


def _truth(
    form: Form,
    planned: Planned,
    values: Mapping[str, Value | None],
    thresholds: Mapping[str, Threshold],
) -> Truth:
    check = planned.check
    if check.dictionary is not None:
        pack = form.item(check.dictionary.term).dictionary
        return Truth.UNDETERMINED if pack is None else _listed(pack, check.dictionary, values)
    if check.holds is None:
        raise AssertionError("a check has a rule")
    return evaluate(check.holds, values, thresholds)


def _listed(pack: str, rule: DictionaryRule, values: Mapping[str, Value | None]) -> Truth:
    name = values.get(rule.term)
    if not isinstance(name, str):
        return Truth.UNDETERMINED
    term = term_list(pack).find(name)
    if rule.grade is None:
        return Truth.FALSE if term is None else Truth.TRUE
    grade = values.get(rule.grade)
    if term is None or not isinstance(grade, int):
        return Truth.UNDETERMINED
    return Truth.TRUE if grade in term.grades else Truth.FALSE


def _seen(planned: Planned, values: Mapping[str, Value | None]) -> str:
    looked_at = {
        name: None if values.get(name) is None else str(values[name])
        for name in planned.names
        if name != _CLOCK
    }
    return sha256(json.dumps(looked_at, sort_keys=True).encode()).hexdigest()
