"""History in a report: coded items (D.7.1.r), all else as text (D.7.2), past drugs (D.8.r)."""

from collections.abc import Sequence

from services.safety.domain.as_told import Words, as_e2b, in_words, stamp
from services.safety.domain.clinical import HistoryItem, PastDrug
from services.safety.domain.kin import ParentItem
from services.safety.e2b import model
from services.safety.e2b.values import NullFlavor, Text


def coded_history(told: Sequence[HistoryItem]) -> tuple[model.HistoryItem, ...]:
    """The items that have a code; an element for their words there is none."""
    return tuple(
        model.HistoryItem(
            d_7_1_r_1a=each.coding.version,
            d_7_1_r_1b=each.coding.code,
            d_7_1_r_2=stamp(each.started),
            d_7_1_r_3=as_e2b(each.continuing),
            d_7_1_r_4=stamp(each.ended),
            d_7_1_r_5=each.comment,
            # Yes or nothing: the element has no other value.
            d_7_1_r_6=True if each.family else None,
        )
        for each in told
        if each.coding is not None
    )


def past_drugs(told: Sequence[PastDrug]) -> tuple[model.PastDrug, ...]:
    """The drugs in the order told."""
    return tuple(
        model.PastDrug(
            d_8_r_1=as_e2b(each.name),
            d_8_r_2a=None if each.product_code is None else each.product_code.version,
            d_8_r_2b=None if each.product_code is None else each.product_code.code,
            d_8_r_4=stamp(each.started),
            d_8_r_5=stamp(each.ended),
            d_8_r_6a=None if each.indication is None else each.indication.version,
            d_8_r_6b=None if each.indication is None else each.indication.code,
            d_8_r_7a=None if each.reaction is None else each.reaction.version,
            d_8_r_7b=None if each.reaction is None else each.reaction.code,
        )
        for each in told
    )


def history_text(told: Sequence[HistoryItem], other: Words) -> Text:
    """What is not coded, in words; where nothing at all was told, that it is unknown."""
    lines = [in_words(other), *(line(each) for each in told if each.coding is None)]
    known = [line for line in lines if line]
    if known:
        return "\n".join(known)
    if other is not None:
        return as_e2b(other)
    return None if told else NullFlavor.UNK


def line(item: HistoryItem | ParentItem) -> str:
    """An item in words."""
    span = " to ".join(day for day in (in_words(item.started), in_words(item.ended)) if day)
    parts = (
        span,
        "continuing" if item.continuing is True else "",
        "in the family" if isinstance(item, HistoryItem) and item.family else "",
        item.comment or "",
    )
    said = "; ".join(part for part in parts if part)
    return f"{item.term} ({said})" if said else item.term
