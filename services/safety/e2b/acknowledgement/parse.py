"""From the bytes of an ``MCCI_IN200101UV01`` to an answer. Imports lxml."""

from typing import Any

from lxml import etree

from services.safety.e2b.acknowledgement.answers import (
    BatchAnswer,
    BatchCode,
    MessageAnswer,
    MessageCode,
)
from services.safety.e2b.paths import parse as path
from services.safety.e2b.tree import find, tag, text_of
from services.safety.e2b.values import Stamp
from services.safety.e2b.wire import NotReadableError, WireFault, read, root_name

ROOT = "MCCI_IN200101UV01"
MESSAGE = "MCCI_IN000002UV01"


class NotAnAnswerError(Exception):
    """XML of the right name that acknowledges nothing: no target, or a code that is unknown."""


def parse(raw: bytes) -> BatchAnswer:
    """The acknowledgement in a file.

    Raises ``NotReadableError`` or ``NotAnAnswerError``, and nothing else, whatever the bytes.
    """
    root = read(raw)
    if root_name(root) != ROOT:
        raise NotReadableError(WireFault.WRONG_ROOT)
    return BatchAnswer(
        batch=_owed(_id(root, "acknowledgement/targetBatch/id^i22")),
        code=_code(BatchCode, root),
        number=_id(root, "id^i20"),
        local_number=_attention(root, "2", "extension"),
        created=_stamp(_value(root, "creationTime")),
        transmitted=_stamp(_attention(root, "3", "value")),
        sender=_id(root, "sender/device/id^i17"),
        receiver=_id(root, "receiver/device/id^i18"),
        text=_text(root),
        messages=tuple(_message(node) for node in root.iterchildren(tag(MESSAGE))),
    )


def _message(node: etree._Element) -> MessageAnswer:
    return MessageAnswer(
        target=_owed(_id(node, "acknowledgement/targetMessage/id^i1")),
        code=_code(MessageCode, node),
        created=_stamp(_attention(node, "1", "value")),
        number=_id(node, "id^i19"),
        text=_text(node),
    )


def _owed(found: str | None) -> str:
    if not found:
        raise NotAnAnswerError("it names no target")
    return found


def _code(kind: Any, node: etree._Element) -> Any:
    found = find(node, path("acknowledgement").steps)
    try:
        return kind(None if found is None else found.get("typeCode"))
    except ValueError:
        raise NotAnAnswerError("its code is unknown") from None


def _id(node: etree._Element, steps: str) -> str | None:
    found = find(node, path(steps).steps)
    return None if found is None else found.get("extension")


def _value(node: etree._Element, steps: str) -> str | None:
    found = find(node, path(steps).steps)
    return None if found is None else found.get("value")


def _stamp(text: str | None) -> Stamp | None:
    return None if text is None else Stamp(text)


def _attention(node: etree._Element, code: str, attribute: str) -> str | None:
    for line in node.iterchildren(tag("attentionLine")):
        word, value = line.find(tag("keyWordText")), line.find(tag("value"))
        if word is not None and value is not None and word.get("code") == code:
            found: str | None = value.get(attribute)
            return found
    return None


def _text(node: etree._Element) -> str | None:
    found = find(node, path("acknowledgement/acknowledgementDetail/text").steps)
    return None if found is None else text_of(found)
