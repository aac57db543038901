"""Tabulations for a DSUR as tables, for CSV and pages."""

from collections.abc import Sequence
from datetime import date

from services.safety.pages.tables import Cell, Table
from services.safety.report_tables import rules_words
from services.safety.tabulation_schemas import (
    SafetySummary,
    Subtotal,
    SubtotalByTreatment,
    SummaryByTreatment,
    TermByTreatment,
    TermCount,
    TreatmentCount,
)

_HEADS = ("events", "subjects", "events in interval", "subjects in interval")
Pooled = TermCount | Subtotal
ByTreatment = TermByTreatment | SubtotalByTreatment


def summary_table(found: SafetySummary) -> Table:
    """Counts by term, cumulative and in the interval; each organ class begins with its own."""
    lines: list[Pooled] = sorted([*found.items, *found.totals], key=_order)
    authorities = sorted({name for each in lines for name in each.susars_in_interval})
    return Table(
        title="Serious adverse events, pooled",
        lead=f"{_lead(found.first_day, found.last_day, found.terminology)} {found.treated} subjects"
        f" treated. Never by arm. {rules_words(found)}",
        columns=(
            "Organ class", "Term", "Coding", "Cumulative", "Subjects", "Interval",
            "Subjects in interval", *(f"SUSAR in interval, {name}" for name in authorities),
        ),
        rows=tuple((*_name(each, found.terminology), *_cells(each, authorities)) for each in lines),
    )  # fmt: skip


def treatment_table(found: SummaryByTreatment) -> Table:
    """The same counts, side by side for each treatment received."""
    lines: list[ByTreatment] = sorted([*found.items, *found.totals], key=_order)
    authorities = sorted(
        {name for each in lines for count in each.counts for name in count.susars_in_interval}
    )
    heads = (*_HEADS, *(f"SUSAR in interval {name}" for name in authorities))
    treated = ", ".join(f"{each.code} {each.treated}" for each in found.treatments)
    return Table(
        title="Serious adverse events by treatment received",
        lead="CONFIDENTIAL: results by arm. "
        f"{_lead(found.first_day, found.last_day, found.terminology)} Subjects treated: {treated}."
        f" {rules_words(found)}",
        columns=(
            "Organ class", "Term", "Coding",
            *(f"{each.code}, {head}" for each in found.treatments for head in heads),
        ),
        rows=tuple(
            (
                *_name(each, found.terminology),
                *(cell for count in each.counts for cell in _cells(count, authorities)),
            )
            for each in lines
        ),
        stacks=tuple(
            tuple(f"{each.code}, {head}" for head in stack)
            for each in found.treatments
            for stack in (_HEADS[:2], _HEADS[2:], heads[len(_HEADS):])
            if len(stack) > 1
        ),
    )  # fmt: skip


def _lead(first: date, last: date, version: str | None) -> str:
    coding = "Not coded: no MedDRA version is loaded." if version is None else f"MedDRA {version}."
    return f"Cumulative to {last.isoformat()}; interval from {first.isoformat()}. {coding}"


def _order(line: Pooled | ByTreatment) -> tuple[str, str, bool]:
    if isinstance(line, TermCount | TermByTreatment):
        return line.organ_class, line.term, not line.coded
    return line.organ_class or "", "", False


def _name(line: Pooled | ByTreatment, version: str | None) -> tuple[Cell, ...]:
    if isinstance(line, TermCount | TermByTreatment):
        return line.organ_class, line.term, f"MedDRA {version}" if line.coded else "not coded"
    return line.organ_class or "All", "All", None


def _cells(counts: Pooled | TreatmentCount, authorities: Sequence[str]) -> tuple[Cell, ...]:
    return (
        counts.cumulative, counts.cumulative_subjects, counts.interval, counts.interval_subjects,
        *(counts.susars_in_interval.get(name, 0) for name in authorities),
    )  # fmt: skip
