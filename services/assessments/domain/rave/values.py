"""Values between ODM, where all are text, and the engine, where a value has its item's type."""

import re
from typing import Any

from shared.study.forms import Item

_TRUE = frozenset({"true", "yes", "y", "1"})
_FALSE = frozenset({"false", "no", "n", "0"})
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def inbound(item: Item, text: str, unit: str | None) -> Any:
    """The value to send to the engine; text that is none of its type is refused there."""
    value: Any = text
    if item.type == "boolean":
        lower = text.casefold()
        value = True if lower in _TRUE else False if lower in _FALSE else text
    elif item.type == "integer" and _INTEGER.fullmatch(text):
        value = int(text)
    return value if unit is None else {"value": value, "unit": unit}
