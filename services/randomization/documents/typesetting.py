"""Setting text of any writing in the shipped fonts: widths, lines, direction.

Imports the PDF library and is itself imported late, by ``pdf`` alone: a request that makes no
PDF does not wait for it.
"""

import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

# The package's own algorithm: the compiled one beside it leaves brackets unmirrored.
from bidi.algorithm import get_display
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from services.randomization.documents.markup import visible

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
_FONTS = Path(__file__).parent / "fonts"
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_ELLIPSIS = "…"


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
    """The text on one line, a character that the font lacks as its number: ``[U+5317]``.

    Nothing is left out in silence. Characters beyond the first plane count as lacking, because
    the library writes wrong numbers for them into the text layer. Marks that show nothing but
    steer the direction of writing are dropped.
    """
    covered = register()[font]
    composed = unicodedata.normalize("NFC", visible(" ".join(text.split())))
    return "".join(
        c if ord(c) in covered and ord(c) <= 0xFFFF else f"[U+{ord(c):04X}]"
        for c in composed
        if unicodedata.category(c) != "Cf"
    )


def width(text: str, font: str, size: float) -> float:
    """Width of a settable text in points."""
    register()
    return float(pdfmetrics.stringWidth(text, font, size))


def lines(text: str, font: str, size: float, room: float, most: int) -> list[str]:
    """The text broken into at most ``most`` lines of ``room`` points; ``…`` where it was cut."""
    broken: list[str] = []
    current = ""
    for word in settable(text, font).split(" "):
        for piece in _pieces(word, font, size, room):
            longer = f"{current} {piece}" if current else piece
            if current and width(longer, font, size) > room:
                broken.append(current)
                current = piece
            else:
                current = longer
        if len(broken) > most:
            break
    broken.append(current)
    if len(broken) <= most:
        return broken
    last = broken[most - 1]
    while last and width(last + _ELLIPSIS, font, size) > room:
        last = last[:-1]
    return [*broken[: most - 1], last.rstrip() + _ELLIPSIS]


def as_seen(line: str) -> str:
    """A line in the order of its signs from left to right (Unicode Standard Annex 9).

    Letters are not joined: Hebrew reads as it should, Arabic shows its letters one by one.
    """
    if not any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in line):
        return line
    return str(get_display(line))


def _pieces(word: str, font: str, size: float, room: float) -> Iterator[str]:
    """A word, cut where it is wider than a line. Widths add up: the fonts are set unkerned."""
    start, taken = 0, 0.0
    for place, character in enumerate(word):
        wide = width(character, font, size)
        if taken and taken + wide > room:
            yield word[start:place]
            start, taken = place, 0.0
        taken += wide
    yield word[start:]
