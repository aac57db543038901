"""Values as they are kept, as text, turned into what their items say they are."""

from shared.study.forms import Item
from shared.study.values import Value, ValueRefusedError, parse_value


def as_sent(item: Item | None, text: str) -> bool | int | str:
    """The JSON value of a kept text: what is shown so can be sent again as it is.

    Text where there is no such item, or where it is one of another type by now.
    """
    if item is not None and item.type == "boolean" and text in {"true", "false"}:
        return text == "true"
    if item is not None and item.type == "integer" and text.removeprefix("-").isdecimal():
        return int(text)
    return text


def kept_value(item: Item | None, text: str) -> Value:
    """The typed value of a kept text. Raises ValueRefusedError where the definition in force does
    not take it, or has no such item."""
    if item is None:
        raise ValueRefusedError("unknown_item", "the definition in force has no such item")
    return parse_value(item, as_sent(item, text))
