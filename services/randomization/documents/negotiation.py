"""Which media type to answer with: proactive negotiation by ``Accept`` (RFC 9110, 12.5.1)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.http.problems import NotAcceptable

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 (a grammar's token, no secret)
_RANGE = re.compile(rf"({_TOKEN})/({_TOKEN})")
_PARAMETER = re.compile(rf'({_TOKEN})=({_TOKEN}|".*")', re.DOTALL)
_WEIGHT = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")


@dataclass(frozen=True, slots=True)
class _Range:
    kind: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    thousandths: int

    def precision(self, media_type: str) -> int | None:
        """How closely the range names a media type without parameters; None where it does not."""
        kind, _, subtype = media_type.lower().partition("/")
        if self.parameters:
            return None
        if (self.kind, self.subtype) == ("*", "*"):
            return 0
        if self.kind != kind:
            return None
        return 1 if self.subtype == "*" else 2 if self.subtype == subtype else None


def choose(accept: str | None, offered: Sequence[str]) -> str:
    """The offered media type (without parameters) that the caller likes best.

    The first offered wins between equals, and where the caller says nothing. Members that cannot
    be read are passed over; ``charset=utf-8`` is granted, since nothing else is ever sent. More
    than one ``Accept`` field is one, joined by commas. Raises ``NotAcceptable`` where nothing that
    is offered is accepted.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = tuple(_ranges(accept))
    weights = [_weight(ranges, media_type) for media_type in offered]
    best = max(weights)
    if best == 0:
        raise NotAcceptable(f"On offer: {', '.join(offered)}.")
    return offered[weights.index(best)]


def _weight(ranges: Sequence[_Range], media_type: str) -> int:
    """The weight given by the range that names the media type most closely; 0: not accepted."""
    matches = [
        (precision, one.thousandths)
        for one in ranges
        if (precision := one.precision(media_type)) is not None
    ]
    return max(matches, default=(0, 0))[1]


def _ranges(accept: str) -> Iterator[_Range]:
    for member in _split(accept, ","):
        first, *rest = (part.strip() for part in _split(member, ";"))
        named = _RANGE.fullmatch(first)
        read = [_PARAMETER.fullmatch(part) for part in rest if part]
        if named is None or (named[1] == "*" and named[2] != "*") or None in read:
            continue
        weight, parameters = "1", set()
        for name, value in (found.groups() for found in read if found is not None):
            plain = value.strip('"').lower()
            if name.lower() == "q":
                weight = value
            elif (name.lower(), plain) != ("charset", "utf-8"):
                parameters.add((name.lower(), plain))
        if _WEIGHT.fullmatch(weight):
            thousandths = int((weight.replace(".", "") + "000")[:4])
            yield _Range(named[1].lower(), named[2].lower(), frozenset(parameters), thousandths)


def _split(text: str, separator: str) -> Iterator[str]:
    """The parts between separators that stand outside quotes, in one pass: a header may be long."""
    start, quoted, escaped = 0, False, False
    for place, sign in enumerate(text):
        if escaped:
            escaped = False
        elif sign == "\\":
            escaped = quoted
        elif sign == '"':
            quoted = not quoted
        elif sign == separator and not quoted:
            yield text[start:place]
            start = place + 1
    yield text[start:]
