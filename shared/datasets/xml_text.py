"""XML as text, element by element: a writer that streams needs no tree."""

import re
from xml.sax.saxutils import escape, quoteattr

# What XML 1.0 cannot hold at all (section 2.2) is shown as the replacement character.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legible(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return _FORBIDDEN.sub("\ufffd", text)


def opened(name: str, **attributes: str | None) -> str:
    """A start tag; attributes that are None are left out, a trailing underscore of a name too."""
    written = "".join(
        f" {key.rstrip('_').replace('xml_', 'xml:')}={quoteattr(legible(value))}"
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{written}>"


def closed(name: str) -> str:
    """An end tag."""
    return f"</{name}>"


def element(name: str, *content: str, **attributes: str | None) -> str:
    """An element of the content, which is XML already."""
    start = opened(name, **attributes)
    return start + "".join(content) + closed(name) if content else start[:-1] + "/>"


def text_element(name: str, text: str, **attributes: str | None) -> str:
    """An element that holds a text."""
    return opened(name, **attributes) + escape(legible(text)) + closed(name)


def in_english(text: str) -> str:
    """A text of the study definition, as ODM wants it."""
    return text_element("TranslatedText", text, xml_lang="en")
