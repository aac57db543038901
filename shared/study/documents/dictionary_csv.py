"""The data dictionary as CSV (RFC 4180). No cell can be taken for a formula."""

import csv
import io

from shared.study.definition import StudyDefinition
from shared.study.dictionary import Entry, entries
from shared.study.documents.html import source_words
from shared.study.sdtm_homes import Home

COLUMNS = (
    "form", "form_name", "item", "label", "type", "unit", "analyte", "codes", "minimum", "maximum",
    "max_length", "finest_precision", "required", "arm_revealing", "censored", "dictionary",
    "dates_record", "repeating", "visits", "checks", "sdtm", "source",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def dictionary_csv(definition: StudyDefinition, homes: Home) -> str:
    """The table with one row an item; lists are joined by `; `, codes are `CODE=label`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries(definition, homes):
        cells = _cells(entry)
        writer.writerow([_safe(cells[name]) for name in COLUMNS])
    return text.getvalue()


def _cells(entry: Entry) -> dict[str, str]:
    form, item = entry.form, entry.item
    return {
        "form": form.id,
        "form_name": form.name,
        "item": item.id,
        "label": item.label,
        "type": item.type,
        "unit": item.unit or "",
        "analyte": item.analyte or "",
        "codes": "; ".join(f"{each.code}={each.label}" for each in item.codes),
        "minimum": "" if item.minimum is None else f"{item.minimum:f}",
        "maximum": "" if item.maximum is None else f"{item.maximum:f}",
        "max_length": str(item.max_length or ""),
        "finest_precision": item.finest_precision or "",
        "required": _yes(item.required),
        "arm_revealing": _yes(entry.arm_revealing),
        "censored": _yes(item.censored),
        "dictionary": item.dictionary or "",
        "dates_record": _yes(item.id == form.date_item),
        "repeating": _yes(form.repeating),
        "visits": "; ".join(form.visits),
        "checks": "; ".join(entry.checks),
        "sdtm": "; ".join(entry.homes),
        "source": source_words(form.source),
    }


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _safe(cell: str) -> str:
    """A cell that begins as a formula would gets a quote before it, as spreadsheets write text."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
