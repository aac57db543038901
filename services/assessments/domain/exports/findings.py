"""The result of a finding, as it was collected and in the standard unit, side by side."""

from decimal import Decimal

from services.assessments.domain.exports.participant import Filled
from services.assessments.domain.exports.sdtm_pack import SdtmPack, Source
from services.assessments.domain.kept import NULL_FLAVOURS, Kept
from shared.datasets.dataset import Cell
from shared.rules.censored import Censored
from shared.study.forms import NUMERIC_TYPES, Item

YES_NO = {"true": "Y", "false": "N"}


def result(pack: SdtmPack, source: Source, record: Filled, item: Item) -> dict[str, Cell] | None:
    """The variables of a finding's result, without the domain in front; None for no row.

    A value that was not obtained has --STAT and --REASND in the place of a result. A value below
    quantification is told as "<" and its limit, never as 0.
    """
    kept = record.items.get(item.id)
    if (kept is None or kept.read is None) and record.read(source.below) == "true":
        limit = record.read(source.limit)
        text = "BLQ" if limit is None else f"<{limit}"
        return {"ORRES": text, "ORRESU": item.unit, "STRESC": text, "STRESU": item.unit}
    if kept is None:
        return None
    if kept.null_flavour is not None:
        reason = kept.null_reason or NULL_FLAVOURS[kept.null_flavour]
        return {"STAT": pack.pack.text("not_done"), "REASND": reason}
    if kept.text is None or kept.read is None:
        return None
    if item.type in NUMERIC_TYPES:
        return {
            "ORRES": kept.text,
            "ORRESU": kept.unit or item.unit,
            "STRESC": kept.read,
            "STRESN": exact(kept.read),
            "STRESU": item.unit,
        }
    shown = in_words(item, kept)
    standard = pack.term(source.codes, kept.read) if source.codes else None
    return {"ORRES": shown, "STRESC": standard or (shown.upper() if item.codes else shown)}


def in_words(item: Item, kept: Kept) -> str:
    """The label of a code, Y or N of a boolean, otherwise the text as it is read."""
    text = kept.read or ""
    if item.type == "boolean":
        return YES_NO.get(text, text)
    return next((entry.label for entry in item.codes if entry.code == text), text)


def exact(text: str | None) -> Decimal | None:
    """The number of a text; None where it is none, or known only to lie beyond a limit."""
    if text is None:
        return None
    try:
        return Censored.parse(text).exact
    except ValueError:
        return None
