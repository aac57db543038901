"""The gate: is this child eligible, and in which stratum? Rules are data; this reads them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.randomization.domain import cross_check
from services.randomization.domain.cross_check import Recorded
from services.randomization.domain.held_values import CONSENT
from shared.study import StudyDefinition
from shared.study.analysis import Threshold
from shared.study.eligibility import EligibilityRule
from shared.study.predicate import Truth, evaluate, missing_items
from shared.study.stratification import derive_levels
from shared.study.values import Value, ValueRefusedError, parse_value


@dataclass(frozen=True)
class GateFault:
    """Why a child cannot be allocated. ``item`` is the value concerned, where it is one."""

    code: str
    detail: str
    item: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Known:
    """What the system itself knows at the gate: it is never taken from the request.

    ``today`` is the local date at the site, ``born`` year and month as registered, ``recorded``
    what assessments hold of the child.
    """

    today: date
    consented_on: date
    born: tuple[int, int]
    recorded: tuple[Recorded, ...] = ()


@dataclass(frozen=True)
class Passage:
    """The outcome: the stratum, where every factor has its level, and the faults that forbid an
    allocation. ``rules`` are the ids of all rules judged, ``cross_checked`` those of the items that
    were compared with records, ``contradicted`` those of which a record says otherwise."""

    levels: Mapping[str, str]
    stratum: str | None
    faults: tuple[GateFault, ...] = field(default=())
    rules: tuple[str, ...] = field(default=())
    cross_checked: tuple[str, ...] = field(default=())
    contradicted: tuple[str, ...] = field(default=())


def examine(
    definition: StudyDefinition,
    raw: Mapping[str, object],
    submitted_levels: Mapping[str, str],
    known: Known,
) -> Passage:
    """Judge the values of an allocation request against every rule, and derive the stratum.

    All faults are told at once: values that do not fit their items, rules that are false or that a
    missing value leaves undetermined, values that contradict a record of the child, and levels that
    contradict what the values say.
    """
    values, faults = _read_values(definition, raw, known)
    faults += _contradictions(values, known)
    checked = _cross_check(definition, values, known)
    faults += [_contradicts(one) for one in checked.contradicted]
    thresholds = definition.thresholds_by_id()
    faults += [f for rule in definition.eligibility.rules for f in _judge(rule, values, thresholds)]
    levels, level_faults = _levels(definition, values, submitted_levels)
    faults += level_faults
    complete = len(levels) == len(definition.randomization.strata)
    return Passage(
        levels=levels,
        stratum=definition.randomization.stratum_label(levels) if complete else None,
        faults=tuple(faults),
        rules=tuple(rule.id for rule in definition.eligibility.rules),
        cross_checked=checked.checked,
        contradicted=tuple(one.item for one in checked.contradicted),
    )


def _read_values(
    definition: StudyDefinition, raw: Mapping[str, object], known: Known
) -> tuple[dict[str, Value], list[GateFault]]:
    items = {item.id: item for item in definition.eligibility.items}
    values: dict[str, Value] = {}
    faults = []
    provided = {"randomization_date": known.today, "consent_date": known.consented_on}
    for name in sorted(raw):
        item = items.get(name)
        if item is None or item.provided_by == "service":
            faults.append(GateFault("unknown-item", "the gate has no such item", name))
            continue
        try:
            values[name] = parse_value(item, raw[name])
        except ValueRefusedError as refusal:
            faults.append(GateFault(refusal.code.replace("_", "-"), str(refusal), name))
    for item in items.values():
        if item.provided_by == "service":
            values[item.id] = provided[item.id]
    return values, faults


def _contradictions(values: Mapping[str, Value], known: Known) -> list[GateFault]:
    """What the request says against what is registered. Of the birth only year and month are, so
    around a birthday two ages are possible."""
    age = values.get("age_years")
    if age is None:
        return []
    year, month = known.born
    oldest = known.today.year - year - (known.today.month < month)
    youngest = known.today.year - year - (known.today.month <= month)
    if not isinstance(age, int) or youngest <= age <= oldest:
        return []
    detail = "the age does not fit the registered month of birth"
    return [GateFault("age-contradicts-record", detail, "age_years")]


def _cross_check(
    definition: StudyDefinition, values: Mapping[str, Value], known: Known
) -> cross_check.Outcome:
    """What the request says, and the registered consent, against the records."""
    own = {item.id for item in definition.eligibility.items if item.provided_by == "service"}
    told = {name: value for name, value in values.items() if name not in own}
    return cross_check.compare(definition, told | {CONSENT: known.consented_on}, known.recorded)


def _contradicts(record: Recorded) -> GateFault:
    """Names the record and never its value: what it holds is read where it is kept."""
    place = f"the form {record.form} at visit {record.visit}"
    words = (
        "tells another date than the registration" if record.item == CONSENT else "says otherwise"
    )
    return GateFault("contradicts-record", f"{place} {words}", record.item)


def _judge(
    rule: EligibilityRule, values: Mapping[str, Value], thresholds: Mapping[str, Threshold]
) -> list[GateFault]:
    truth = evaluate(rule.predicate, values, thresholds)
    if truth is Truth.TRUE:
        return []
    if truth is Truth.FALSE:
        return [GateFault(rule.id, rule.text, source=rule.source.kind)]
    missing = ", ".join(missing_items(rule.predicate, values)) or "a partial date"
    text = f"{rule.text} (not decided: {missing})"
    return [GateFault(rule.id, text, source=rule.source.kind)]


def _levels(
    definition: StudyDefinition, values: Mapping[str, Value], submitted: Mapping[str, str]
) -> tuple[dict[str, str], list[GateFault]]:
    """The level of every factor. What follows from the values is never taken from the request:
    a level sent along is only compared."""
    factors = {factor.factor: factor for factor in definition.randomization.strata}
    faults = [
        GateFault("unknown-factor", "the study has no such stratification factor", name)
        for name in sorted(submitted.keys() - factors.keys())
    ]
    derived = derive_levels(definition.randomization, values, definition.thresholds_by_id())
    levels: dict[str, str] = {}
    for name, factor in factors.items():
        given = submitted.get(name)
        level = derived.get(name) if factor.derived else given
        if level is None or level not in factor.level_codes:
            faults.append(GateFault("stratum-undetermined", "no level, or an unknown one", name))
        elif given is not None and given != level:
            faults.append(GateFault("stratum-mismatch", "the values say another level", name))
        else:
            levels[name] = level
    return levels, faults
