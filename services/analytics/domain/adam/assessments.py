"""What is assessed at visits: parameters of ADRS with a row a record.

Source: the rule pack ``adam_sources``; which record is analysed follows from the study definition.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from services.analytics.domain.adam.cells import number_of
from services.analytics.domain.adam.characteristics import PACK
from services.analytics.domain.adam.veil import Veil
from services.analytics.domain.subjects import Source, Subject, source_of_anchor
from shared.rules.loading import load_pack
from shared.rules.model import Cell
from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor
from shared.study.derivation import Record, occurrence, selectable_records
from shared.study.predicate import Truth, evaluate

STATUS = "mrd_status"


@dataclass(frozen=True, slots=True)
class Assessment:
    """A parameter; ``codes`` are those of AVALC, by ``list_name``. Without ``tells_analysed`` the
    record that is analysed rests on what reveals the arm."""

    paramcd: str
    param: str
    form: str
    item: str
    rule: str
    value: str | None
    event: str | None
    analysed: tuple[str, ...]
    lowest: str | None
    words: Mapping[str, str]
    list_name: str
    codes: Mapping[str, str]
    tells_analysed: bool


def assessments(definition: StudyDefinition, veil: Veil | None) -> tuple[Assessment, ...]:
    """Those of forms that the study has; with a veil, and that do not reveal the arm."""
    found = (_of(definition, row, veil) for row in load_pack(PACK).rows("assessments"))
    return tuple(each for each in found if each is not None)


def status(definition: StudyDefinition, found: Assessment, record: Record) -> str:
    """AVALC of a record; empty where nothing was said."""
    if found.rule == "value":
        return str(record.values.get(found.item) or "")
    reflex = definition.form(found.form).reflex
    thresholds = definition.thresholds_by_id()
    if reflex is not None and (
        evaluate(reflex.evaluable, record.values, thresholds) is not Truth.TRUE
    ):
        return "NOT EVALUABLE"
    select = definition.event_source(str(found.event)).select
    where = None if select is None else select.where
    met = Truth.TRUE if where is None else evaluate(where, record.values, thresholds)
    return {Truth.TRUE: "NEGATIVE", Truth.FALSE: "POSITIVE"}.get(met, "UNDETERMINED")


def amount(found: Assessment, record: Record) -> Decimal | None:
    """AVAL of a record."""
    return None if found.value is None else number_of(record.values.get(found.value))


def analysed(definition: StudyDefinition, found: Assessment, subject: Subject) -> str | None:
    """The key of the subject's record that is analysed; None where there is none."""
    anchors = {each.id for each in definition.anchors}
    for name in found.analysed:
        if name in anchors:
            rests_on = _dated_by(definition, name, subject)
            record = None if rests_on is None else rests_on.record
        else:
            source = definition.event_source(name)
            happened = occurrence(definition, source, subject.records, subject.anchors)
            record = None if happened is None else happened.record
        if record is not None and record.form == found.form:
            return record.key
    return _lowest(definition, found, subject)


def _dated_by(definition: StudyDefinition, anchor: str, subject: Subject) -> Source | None:
    return source_of_anchor(definition, anchor, subject) if anchor in subject.anchors else None


def _lowest(definition: StudyDefinition, found: Assessment, subject: Subject) -> str | None:
    anchor = None if found.lowest is None else definition.anchor(found.lowest)
    if not isinstance(anchor, RecordAnchor):
        return None
    select = anchor.select
    inside = selectable_records(definition, select, subject.records, subject.anchors)
    amounts = {each.key: amount(found, each) for each in inside}
    known = {key: value for key, value in amounts.items() if value is not None}
    # Of those without an exact number, which a limit of its own leaves open, the first.
    return min(known, key=lambda key: known[key]) if known else next(iter(amounts), None)


def _of(
    definition: StudyDefinition, row: Mapping[str, Cell], veil: Veil | None
) -> Assessment | None:
    form, item = str(row["form"]), str(row["item"])
    if not _is_known(definition, row) or (veil is not None and _reveals(row, veil)):
        return None
    lowest = None if row.get("lowest") is None else str(row["lowest"])
    names = cast("tuple[str, ...]", row["analysed"])
    hidden = frozenset() if veil is None else veil.anchors | veil.sources
    by_status = row["rule"] == "status"
    codes = {each.code: each.label for each in definition.form(form).item(item).codes}
    return Assessment(
        paramcd=str(row["paramcd"]),
        param=str(row["param"]),
        form=form,
        item=item,
        rule=str(row["rule"]),
        value=None if row.get("value") is None else str(row["value"]),
        event=None if row.get("event") is None else str(row["event"]),
        analysed=names,
        lowest=lowest,
        words={name: str(row[name]) for name in ("avalc", "aval", "anl") if name in row},
        list_name=STATUS if by_status else item,
        codes={} if by_status else codes,
        tells_analysed=hidden.isdisjoint((*names, *([lowest] if lowest else ()))),
    )


def _is_known(definition: StudyDefinition, row: Mapping[str, Cell]) -> bool:
    """Whether the study has the form with its items, and everything that the row names."""
    form = next((each for each in definition.forms if each.id == row["form"]), None)
    items = {each.id for each in form.items} if form else set()
    dated = {each.id for each in (*definition.anchors, *definition.event_sources)}
    named = {*cast("tuple[str, ...]", row["analysed"]), row.get("event"), row.get("lowest")}
    return {row["item"], row.get("value")} - {None} <= items and named - {None} <= dated


def _reveals(row: Mapping[str, Cell], veil: Veil) -> bool:
    items = (str(row[name]) for name in ("item", "value") if row.get(name) is not None)
    return any(veil.hides_item(str(row["form"]), item) for item in items)
