"""Values as they are kept, as text, turned into what their items say they are."""

from shared.study.forms import Item
from shared.study.values import Value, ValueRefusedError, parse_value


def typed(item: Item | None, text: str) -> Value:
    """The value of a kept text. Raises ValueRefusedError where the definition in force does not
    take it, or has no such item."""
    if item is None:
        raise ValueRefusedError("unknown_item", "the definition in force has no such item")
    raw: object = text
    if item.type == "boolean" and text in {"true", "false"}:
        raw = text == "true"
    elif item.type == "integer" and text.removeprefix("-").isdecimal():
        raw = int(text)
    return parse_value(item, raw)
