"""Setting text in the shipped fonts. Imports the PDF library, so it is itself imported late."""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from services.safety.documents.glyphs import MissingGlyphError

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_FONTS = Path(__file__).parent / "fonts"
# Set from right to left, which these pages cannot do; better no page than a wrong one.
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})


@cache
def register() -> dict[str, frozenset[int]]:
    """Make the fonts known to the library; the characters of each, by font name."""
    covered = {}
    for name in (REGULAR, BOLD):
        font = TTFont(name, _FONTS / f"{name}.ttf")
        pdfmetrics.registerFont(font)
        covered[name] = frozenset(font.face.charToGlyph)
    return covered


def settable(text: str, font: str) -> str:
    """The text of one line. Raises ``MissingGlyphError`` where the font cannot show all of it.

    Marks that show nothing are dropped. Characters beyond the first plane count as missing,
    because the library writes wrong numbers for them into the text layer.
    """
    covered = register()[font]
    composed = unicodedata.normalize("NFC", " ".join(text.split()))
    shown = "".join(c for c in composed if unicodedata.category(c) not in {"Cf", "Cc"})
    lacking = sorted(
        {
            c
            for c in shown
            if ord(c) not in covered
            or ord(c) > 0xFFFF
            or unicodedata.bidirectional(c) in _RIGHT_TO_LEFT
        }
    )
    if lacking:
        raise MissingGlyphError(lacking)
    return shown


def lines(text: str, font: str, size: float, room: float) -> list[str]:
    """All lines of a text, each at most ``room`` points wide; a paragraph begins a new one."""
    broken: list[str] = []
    for paragraph in text.splitlines():
        broken += _paragraph(settable(paragraph, font), font, size, room)
    return broken


def _paragraph(text: str, font: str, size: float, room: float) -> list[str]:
    broken, current = [], ""
    for word in text.split(" "):
        for piece in _pieces(word, font, size, room):
            longer = f"{current} {piece}" if current else piece
            if current and pdfmetrics.stringWidth(longer, font, size) > room:
                broken.append(current)
                current = piece
            else:
                current = longer
    return [*broken, current]


def _pieces(word: str, font: str, size: float, room: float) -> Iterator[str]:
    """A word, parted where it is wider than a line. Widths add up: the fonts are set unkerned."""
    start, taken = 0, 0.0
    for place, character in enumerate(word):
        wide = pdfmetrics.stringWidth(character, font, size)
        if taken and taken + wide > room:
            yield word[start:place]
            start, taken = place, 0.0
        taken += wide
    yield word[start:]
