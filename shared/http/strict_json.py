"""JSON as strict as a clinical record needs it: what is ambiguous is refused, not guessed."""

import json
from typing import Any

from shared.http.problems import MalformedRequest, TooLarge

MAX_BYTES = 1_000_000
MAX_DEPTH = 32
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def decode(raw: bytes) -> Any:
    """Decode a request body.

    Refuses with ``MalformedRequest``: what is no JSON, NaN and infinities, numbers beyond a
    double, a name twice in one object (parsers differ in which they keep), NUL and lone
    surrogates (Postgres stores neither), nesting deeper than ``MAX_DEPTH``. Refuses with
    ``TooLarge`` more than ``MAX_BYTES``.
    """
    if len(raw) > MAX_BYTES:
        raise TooLarge(f"At most {MAX_BYTES} bytes are accepted.")
    _bound_nesting(raw)
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
        )
    except UnicodeDecodeError:
        raise MalformedRequest("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise MalformedRequest(
            f"The body is not JSON: line {error.lineno}, column {error.colno}."
        ) from None
    except ValueError:
        # An integer of thousands of digits; the interpreter refuses to convert it.
        raise MalformedRequest("A number has too many digits.") from None
    _inspect(value, depth=0)
    return value


def _bound_nesting(raw: bytes) -> None:
    """Refuse what nests without end before the parser follows it, up to where the interpreter stops
    every call: also one of a finalizer that is run there by chance.

    Of the brackets outside texts, pairs are taken out from within as often as nesting is allowed;
    of what is left the parser can be no deeper in than by its length.
    """
    texts_apart = raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')
    left = b"".join(texts_apart[::2]).translate(None, _NO_BRACKETS)
    for _ in range(MAX_DEPTH):
        if not left:
            return
        left = left.replace(b"[]", b"").replace(b"{}", b"")
    if len(left) > 2 * MAX_DEPTH:
        raise MalformedRequest(f"The body nests deeper than {MAX_DEPTH}, or is not JSON.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedRequest("A name stands twice in one object.")
    return found


def _refuse_constant(_name: str) -> Any:
    raise MalformedRequest("NaN and Infinity are not JSON numbers.")


def _finite(text: str) -> float:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        raise MalformedRequest("A number is too large.")
    return number


def _inspect(value: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise MalformedRequest(f"The body nests deeper than {MAX_DEPTH}.")
    if isinstance(value, str):
        _inspect_text(value)
    elif isinstance(value, list):
        for item in value:
            _inspect(item, depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            _inspect_text(name)
            _inspect(item, depth + 1)


def _inspect_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedRequest("A text holds a NUL character.")
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedRequest("A text holds half of a surrogate pair.")
