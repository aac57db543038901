"""Building HTML and SVG: every text is escaped, because nothing else can be put in."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

_VOID = frozenset({"br", "hr", "meta"})
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class Markup:
    """Finished markup. Made by ``element``, and from constants of this package only."""

    html: str


Content: TypeAlias = "Markup | str | int | Iterable[Content] | None"


def element(name: str, /, *content: Content, **attributes: str | int | None) -> Markup:
    """An element. Attributes: ``class_`` for ``class``, ``_`` for ``-``; None leaves one out."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{shown}>")
    return Markup(f"<{name}{shown}>{join(content).html}</{name}>")


def datum(text: str) -> Markup:
    """A text that somebody typed: its direction of writing stays its own."""
    return element("bdi", text)


def join(content: Content) -> Markup:
    """Contents one after the other."""
    if content is None:
        return Markup("")
    if isinstance(content, Markup):
        return content
    if isinstance(content, str | int):
        return Markup(_escaped(str(content)))
    return Markup("".join(join(part).html for part in content))


def visible(text: str) -> str:
    """The text without characters that neither HTML nor UTF-8 can hold; a mark in their place."""
    return "".join(
        _REPLACEMENT if unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" else c
        for c in text
    )


def _escaped(text: str) -> str:
    return escape(visible(text), quote=True)
