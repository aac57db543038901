"""Texts as SAS XPORT version 5 can hold them: ASCII, at most 200 bytes.

The policy, told in every export by ``xpt-notes.json``: a letter loses its accents, a listed sign
gets its listed spelling, anything else becomes ``?``; line breaks become spaces; what is longer
than 200 bytes is cut there. The other formats hold the text as it was recorded.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LIMIT = 200
# ruff: noqa: RUF001 (the signs themselves are the table)
SPELLINGS: Mapping[str, str] = {
    "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L",
    "đ": "d", "Đ": "D", "ð": "d", "þ": "th", "µ": "u", "μ": "u", "≤": "<=", "≥": ">=", "≠": "!=",
    "×": "x", "·": "*", "±": "+/-", "°": "deg", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-",
    "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "…": "...", "€": "EUR", "\u00a0": " ",
    "\n": " ", "\r": " ", "\t": " ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ascii:
    """A text in ASCII; ``replaced`` where a character was, ``cut`` where it was too long."""

    content: bytes
    replaced: bool
    cut: bool


# A dataset says the same texts over and over: codes, labels, subjects.
@lru_cache(maxsize=8192)
def to_ascii(text: str) -> Ascii:
    """The text as XPT can hold it."""
    if text.isascii() and text.isprintable():
        plain = text
    else:
        plain = "".join(_spelled(character) for character in unicodedata.normalize("NFC", text))
    content = plain.encode("ascii")
    return Ascii(content[:LIMIT], plain != text, len(content) > LIMIT)


def _spelled(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    if character in SPELLINGS:
        return SPELLINGS[character]
    base = "".join(
        part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part)
    )
    return base if base and base.isascii() and base.isprintable() else "?"
