"""From JSON values to record dataclasses, by their annotations; every fault by JSON pointer."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import datetime
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from services.assessments.domain.packs.records import Record
from services.assessments.domain.packs.values import Censored
from shared.study.dates import FIRST_YEAR, LAST_YEAR, PartialDate

Kind = TypeVar("Kind", bound=Record)


@dataclass(frozen=True, slots=True)
class FactFault:
    """One fault: where (RFC 6901 pointer), which kind, in words that repeat no value."""

    pointer: str
    code: str
    detail: str


class FactsRefused(ValueError):
    """Facts that cannot be read, with every fault."""

    def __init__(self, faults: list[FactFault]) -> None:
        super().__init__("; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults))
        self.faults = tuple(faults)


_TYPES: dict[type[Record], Mapping[str, Any]] = {}


class WrongValue(ValueError):
    """A value that does not fit its item: which kind of fault, in words that do not repeat it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def read_record(
    kind: type[Kind], raw: object, pointer: str, faults: list[FactFault]
) -> Kind | None:
    """The record in `raw`; None, with the faults added, where it cannot be read."""
    if not isinstance(raw, Mapping):
        faults.append(FactFault(pointer, "type_mismatch", "must be an object"))
        return None
    known = len(faults)
    types_of = field_types(kind)
    for key in sorted(set(raw) - set(types_of)):
        place = f"{pointer}/{escaped(str(key))}"
        faults.append(FactFault(place, "unknown_item", "no such item"))
    values: dict[str, Any] = {}
    for entry in fields(kind):
        given = raw.get(entry.name)
        if given is None:
            if entry.default is MISSING:
                place = f"{pointer}/{entry.name}"
                faults.append(FactFault(place, "required_missing", "a value is required"))
            continue
        try:
            values[entry.name] = read_value(types_of[entry.name], given)
        except WrongValue as wrong:
            faults.append(FactFault(f"{pointer}/{entry.name}", wrong.code, str(wrong)))
    return kind(**values) if len(faults) == known else None


def escaped(name: str) -> str:
    """A name inside a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def field_types(kind: type[Record]) -> Mapping[str, Any]:
    """Each field's type without its None; worked out once a class."""
    if kind not in _TYPES:
        hints = get_type_hints(kind)
        _TYPES[kind] = {name: _without_none(hint) for name, hint in hints.items()}
    return _TYPES[kind]


def _without_none(hint: Any) -> Any:
    if get_origin(hint) in {Union, types.UnionType}:
        (only,) = (each for each in get_args(hint) if each is not type(None))
        return only
    return hint


def read_value(wanted: Any, raw: object) -> object:
    """The value of an item of that type. Raises ``WrongValue`` where it does not fit."""
    if get_origin(wanted) is Literal:
        if raw not in get_args(wanted) or not isinstance(raw, str):
            raise WrongValue("not_in_codelist", f"must be one of {', '.join(get_args(wanted))}")
        return raw
    return _READERS[wanted](raw)


def _text(raw: object) -> str:
    if not isinstance(raw, str) or not raw:
        raise WrongValue("type_mismatch", "must be text")
    if not is_text(raw):
        raise WrongValue("type_mismatch", "must be text that UTF-8 can write")
    return raw


def is_text(raw: str) -> bool:
    """Whether UTF-8 can write it: JSON may escape half of a surrogate pair, which is no text."""
    try:
        raw.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flag(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise WrongValue("type_mismatch", "must be true or false")
    return raw


def _integer(raw: object) -> int:
    if not isinstance(raw, int) or isinstance(raw, bool):
        raise WrongValue("type_mismatch", "must be an integer")
    if raw < 0:
        raise WrongValue("out_of_range", "must not be negative")
    return raw


def _number(raw: object) -> Censored:
    if isinstance(raw, int) and not isinstance(raw, bool):
        raw = str(raw)
    if not isinstance(raw, str):
        raise WrongValue("type_mismatch", 'must be a number written as text, such as "4.9" or "<5"')
    try:
        found = Censored.parse(raw)
    except ValueError as error:
        raise WrongValue("type_mismatch", str(error)) from None
    # Nothing that packs read can be below zero; taken as it stands, it would be few blasts or
    # negative MRD.
    if found.limit < 0 or (found.limit == 0 and found.relation == "<"):
        raise WrongValue("out_of_range", "must not be negative")
    return found


def _date(raw: object) -> PartialDate:
    if not isinstance(raw, str):
        raise WrongValue("date_invalid", "must be a date written as text")
    try:
        found = PartialDate.parse(raw)
    except ValueError:
        raise WrongValue("date_invalid", "must be a real date: YYYY, YYYY-MM, YYYY-MM-DD") from None
    _of_a_trial(found.earliest.year)
    return found


def _of_a_trial(year: int) -> None:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise WrongValue("date_invalid", f"must be of the years {FIRST_YEAR} to {LAST_YEAR}")


def _instant(raw: object) -> datetime:
    try:
        instant = datetime.fromisoformat(_text(raw))
    except ValueError:
        raise WrongValue(
            "date_invalid", "must be an ISO 8601 date and time with an offset"
        ) from None
    if instant.tzinfo is None:
        raise WrongValue("date_invalid", "must be an ISO 8601 date and time with an offset")
    _of_a_trial(instant.year)
    return instant


_READERS: Mapping[Any, Callable[[object], object]] = {
    str: _text,
    bool: _flag,
    int: _integer,
    Censored: _number,
    PartialDate: _date,
    datetime: _instant,
}
