"""Item values: as they are sent, as they are kept, and as they are shown."""

from collections.abc import Mapping
from functools import cache

from services.assessments.domain.faults import Fault
from services.assessments.domain.kept import NULL_FLAVOURS, Kept
from services.assessments.domain.packs.units import UnitFault, UnitSystem
from shared.rules.censored import Censored
from shared.rules.loading import load_pack
from shared.study.forms import Item
from shared.study.kept import as_sent, kept_value
from shared.study.values import Value, ValueRefusedError, parse_value

Scalar = bool | int | str
Shown = Scalar | dict[str, Scalar]
MAX_REASON = 500


class _Refused(ValueError):
    def __init__(self, code: str, detail: str, *where: str) -> None:
        super().__init__(detail)
        self.code = code
        self.where = where


@cache
def unit_system() -> UnitSystem:
    """The units that ship."""
    return UnitSystem.of(load_pack("units"))


def canonical(raw: object) -> str:
    """The text that is kept of an accepted value: as received, booleans as true and false.

    A decimal keeps every digit that was sent ("0.0100"), a partial date its precision ("2013-08").
    """
    if isinstance(raw, bool):
        return "true" if raw else "false"
    return str(raw)


def shown(item: Item | None, kept: Kept) -> Shown:
    """The JSON value of what is kept: what is shown can be sent again as it is.

    Text where the definition in force has no such item any more, or one of another type.
    """
    if kept.null_flavour is not None:
        reason = {} if kept.null_reason is None else {"reason": kept.null_reason}
        return {"null": kept.null_flavour, **reason}
    value = as_sent(item, kept.text or "")
    return value if kept.unit is None else {"value": value, "unit": kept.unit}


def typed(item: Item, kept: Kept) -> Value | None:
    """The typed value in the item's own unit; None where there is none, or where the definition in
    force would not take it."""
    if kept.read is None:
        return None
    try:
        return kept_value(item, kept.read)
    except ValueRefusedError:
        return None


def read_items(
    items: Mapping[str, Item], sent: Mapping[str, object]
) -> tuple[dict[str, Kept], list[Fault]]:
    """The values that fit their items, as they are kept, and the faults of those that do not."""
    kept: dict[str, Kept] = {}
    faults: list[Fault] = []
    for name in sorted(sent):
        try:
            kept[name] = _kept(items.get(name), sent[name])
        except _Refused as refused:
            faults.append(Fault(("items", name, *refused.where), refused.code, str(refused)))
    return kept, faults


def _kept(item: Item | None, raw: object) -> Kept:
    if item is None:
        raise _Refused("unknown-item", "the form has no such item")
    if item.identifier:
        raise _Refused("identifier-refused", "an item that names a person is not taken")
    if isinstance(raw, Mapping):
        return _null(item, raw) if "null" in raw else _measured(item, raw)
    return _accepted(item, raw)


def _accepted(item: Item, raw: object, *where: str) -> Kept:
    try:
        parse_value(item, raw)
    except ValueRefusedError as refusal:
        raise _Refused(refusal.code.replace("_", "-"), str(refusal), *where) from None
    return Kept(canonical(raw))


def _null(item: Item, raw: Mapping[str, object]) -> Kept:
    if set(raw) - {"null", "reason"}:
        raise _Refused("type-mismatch", "a missing value has null and reason, and nothing else")
    flavour, reason = raw["null"], raw.get("reason")
    if not isinstance(flavour, str):
        raise _Refused("type-mismatch", "must be a code", "null")
    if flavour not in NULL_FLAVOURS:
        raise _Refused("not-in-codelist", f"must be one of {', '.join(NULL_FLAVOURS)}", "null")
    if item.required:
        raise _Refused("required-missing", "a value is required")
    if flavour == "ND" and reason is None:
        raise _Refused("reason-required", "what was not done needs a reason", "reason")
    if reason is not None and not _is_reason(reason):
        words = f"must be text of at most {MAX_REASON} characters"
        raise _Refused("type-mismatch", words, "reason")
    return Kept(null_flavour=flavour, null_reason=None if reason is None else str(reason))


def _is_reason(text: object) -> bool:
    return (
        isinstance(text, str)
        and 0 < len(text.strip()) <= len(text) <= MAX_REASON
        and (all(ord(character) >= 32 for character in text))
    )


def _measured(item: Item, raw: Mapping[str, object]) -> Kept:
    if set(raw) - {"value", "unit"} or "value" not in raw:
        raise _Refused("type-mismatch", "must be a value, or an object of value and unit")
    unit = raw.get("unit")
    if unit is None:
        return _accepted(item, raw["value"], "value")
    if item.unit is None:
        raise _Refused("unit-incompatible", "the item has no unit", "unit")
    if not isinstance(unit, str):
        raise _Refused("type-mismatch", "must be text", "unit")
    if unit == item.unit:
        kept = _accepted(item, raw["value"], "value")
        return Kept(kept.text, unit, kept.text, item.unit)
    return _converted(item, raw["value"], unit)


def _converted(item: Item, value: object, unit: str) -> Kept:
    """The value as received beside the one in the item's unit, which is what must be in range."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    try:
        number = Censored.parse(text if isinstance(text, str) else "")
        found = unit_system().convert_number(number, unit, item.unit or "", item.analyte or "")
    except UnitFault as fault:
        raise _Refused(fault.code.replace("_", "-"), _UNIT_WORDS[fault.code], "unit") from None
    except ValueError as fault:
        raise _Refused("type-mismatch", str(fault), "value") from None
    canonical_text = _plain(found)
    _accepted(item.model_copy(update={"type": "decimal"}), canonical_text, "value")
    return Kept(str(text), unit, canonical_text, item.unit)


_UNIT_WORDS = {
    "unit_unknown": "this unit is not known",
    "unit_incompatible": "this unit does not convert to that of the item",
}


def _plain(number: Censored) -> str:
    """The number as the definition's own grammar writes it. A quotient without end is cut at 18
    decimals, far behind what anybody measures."""
    sign = "" if number.relation == "=" else number.relation
    text = f"{number.limit:f}"
    whole, _, fraction = text.partition(".")
    return f"{sign}{whole}" + (f".{fraction[:18]}" if fraction else "")
