"""Variables of ADSL that a subject brings along: age, sex, and where they were read.

Source: the rule pack ``adam_sources``; the groups of age are those of the study definition.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from services.analytics.domain.adam.variables import Variable
from services.analytics.domain.adam.veil import Veil
from services.analytics.domain.subjects import Subject
from shared.datasets.dataset import Cell as Value
from shared.datasets.dataset import Kind
from shared.rules.loading import load_pack
from shared.rules.model import Cell
from shared.study import StudyDefinition
from shared.study.ages import completed_years
from shared.study.criteria import comparisons
from shared.study.dates import PartialDate
from shared.study.derivation import Record
from shared.study.randomization import StratificationFactor
from shared.study.stratification import derive_levels

PACK = "adam_sources"
YEARS = "YEARS"


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A variable with what fills it; ``codes`` are the codes of a collected item."""

    variable: Variable
    rule: str
    form: str
    item: str
    codes: Mapping[str, str]
    gate_item: str = ""


def characteristics(definition: StudyDefinition, veil: Veil | None) -> tuple[Characteristic, ...]:
    """Those whose item the study collects; with a veil, and does not reveal the arm by."""
    found = (_of(definition, row) for row in load_pack(PACK).rows("characteristics"))
    return tuple(
        each
        for each in found
        if each is not None and not (veil and veil.hides_item(each.form, each.item))
    )


def lacking(found: tuple[Characteristic, ...]) -> frozenset[str]:
    """Variables of ADSL that lead to a record, where it has no characteristics."""
    return frozenset() if found else frozenset({"SRCDOM", "SRCVIS", "SRCSEQ", "SRCREC"})


def characteristic_values(
    definition: StudyDefinition, found: tuple[Characteristic, ...], subject: Subject
) -> dict[str, Value]:
    """The variables of a subject; empty where nothing was recorded."""
    record = next((r for r in subject.records if found and r.form == found[0].form), None)
    if record is None:
        return {}
    kept = subject.kept[record.key]
    values: dict[str, Value] = {
        "SRCDOM": kept.form,
        "SRCVIS": kept.visit,
        "SRCSEQ": kept.repeat,
        "SRCREC": kept.record_id,
    }
    for each in found:
        values[each.variable.name] = _value(definition, each, subject, record)
    return values


def _of(definition: StudyDefinition, row: Mapping[str, Cell]) -> Characteristic | None:
    form = next((each for each in definition.forms if each.id == row["form"]), None)
    item = next((each for each in form.items if each.id == row["item"]), None) if form else None
    gate_item = str(row.get("gate_item", ""))
    if item is None or (gate_item and not _has_groups(definition, gate_item)):
        return None
    codes = {each.code: each.label for each in item.codes} if row["rule"] == "value" else {}
    variable = Variable(
        str(row["name"]),
        str(row["label"]),
        cast("Kind", row["kind"]),
        str(row["origin"]),
        str(row["derivation"]),
        item.id if codes else None,
    )
    return Characteristic(variable, str(row["rule"]), str(row["form"]), item.id, codes, gate_item)


def _has_groups(definition: StudyDefinition, item: str) -> bool:
    return any(_told_by(definition, item))


def _told_by(definition: StudyDefinition, item: str) -> Iterator[StratificationFactor]:
    """The factors of stratification whose levels the item alone decides."""
    for factor in definition.randomization.strata:
        whens = [level.when for level in factor.levels]
        named = {each.item for when in whens if when for each in comparisons(when)}
        if all(whens) and named == {item}:
            yield factor


def _value(
    definition: StudyDefinition, each: Characteristic, subject: Subject, record: Record
) -> Value:
    value = record.values.get(each.item)
    if value is None:
        return None
    match each.rule:
        case "value":
            return str(value)
        case "item":
            return each.item
        case "version":
            return subject.kept[record.key].versions.get(each.item)
    on = subject.allocated.randomized_on
    age = completed_years(value, on) if isinstance(value, PartialDate) else None
    if age is None or each.rule == "completed_years":
        return age
    return YEARS if each.rule == "unit" else _group(definition, each.gate_item, age)


def _group(definition: StudyDefinition, item: str, age: int) -> str | None:
    """The label of the level that an age is in."""
    thresholds = definition.thresholds_by_id()
    levels = derive_levels(definition.randomization, {item: age}, thresholds)
    factor = next(_told_by(definition, item))
    code = levels.get(factor.factor)
    return next((level.label for level in factor.levels if level.code == code), None)
