"""Why a registered subject is not randomized."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from services.analytics.domain.study_data import KeptRecord, StudyData
from shared.study import StudyDefinition
from shared.study.kept import kept_value
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value, ValueRefusedError
from shared.study.withdrawal import WithdrawalRecord

WITHDRAWN = "withdrawn"
SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class ScreeningEnd:
    """Why a subject is not randomized: the rule of the gate that was not met, ``WITHDRAWN``, or
    ``SCREENING``; since which day, and the record that says so, where there are any."""

    reason: str
    on: date | None = None
    record: KeptRecord | None = None


def screening_ends(
    definition: StudyDefinition, data: StudyData, subjects: Iterable[str], cutoff: date
) -> Mapping[str, ScreeningEnd]:
    """Of each of these subjects why it is not randomized, in the order of their ids.

    The last refusal by the cutoff counts, and of its rules the first in the order of the
    definition, so that every subject has one reason and the reasons add up.
    """
    refused = {
        each.subject: ScreeningEnd(rule, each.refused_on)
        for each in data.refusals
        if each.refused_on <= cutoff
        for rule in (_first_rule(definition, each.rules),)
        if rule is not None
    }
    withdrawn = _withdrawn(definition, data.records, cutoff)
    still = ScreeningEnd(SCREENING)
    return {
        subject: refused.get(subject) or withdrawn.get(subject, still)
        for subject in sorted(subjects)
    }


def _first_rule(definition: StudyDefinition, rules: tuple[str, ...]) -> str | None:
    """None where the gate was not passed for want of a value and no rule was broken."""
    return next((rule.id for rule in definition.eligibility.rules if rule.id in rules), None)


def _withdrawn(
    definition: StudyDefinition, records: Iterable[KeptRecord], cutoff: date
) -> dict[str, ScreeningEnd]:
    """By subject; of several records the first."""
    rule = definition.randomization.withdrawn_when
    found: dict[str, ScreeningEnd] = {}
    if rule is None:
        return found
    for record in records:
        if (
            record.form == rule.form
            and (record.observed_on is None or record.observed_on <= cutoff)
            and _withdraws(definition, rule, record)
        ):
            end = ScreeningEnd(WITHDRAWN, record.observed_on, record)
            found.setdefault(record.subject, end)
    return found


def _withdraws(definition: StudyDefinition, rule: WithdrawalRecord, record: KeptRecord) -> bool:
    if rule.where is None:
        return True
    values: dict[str, Value | None] = {}
    for item in definition.form(rule.form).items:
        text = record.items.get(item.id)
        try:
            values[item.id] = None if text is None else kept_value(item, text)
        except ValueRefusedError:
            values[item.id] = None  # unreadable: as if it were missing
    return evaluate(rule.where, values, definition.thresholds_by_id()) is not Truth.FALSE
