"""A finished figure as SVG, the same bytes for the same drawing."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import matplotlib as mpl
from matplotlib import style

_FONT = "font-family: 'DejaVu Sans'"
_ELSE = "Verdana, sans-serif"  # As wide, for readers without it: SVG brings no font along.
_SETTINGS = {
    "svg.hashsalt": "induct",  # Otherwise identifiers are drawn at random.
    "svg.fonttype": "none",  # Real text, to be searched and read aloud.
    "text.parse_math": False,  # A dollar sign in a name is a dollar sign.
    "font.family": "DejaVu Sans",  # Comes with matplotlib, so every machine has it.
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "path.simplify": False,
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure, with the words for who cannot see it."""

    svg: bytes
    alt_text: str


@contextmanager
def settings() -> Iterator[None]:
    """Matplotlib's own defaults, whatever the machine's settings files say."""
    with style.context("default", after_reset=True), mpl.rc_context(_SETTINGS):
        yield


def finished(figure: Any, title: str, alt_text: str) -> Drawing:
    """A matplotlib figure as a file; call it within ``settings``."""
    svg = io.BytesIO()
    undated = {"Date": None, "Creator": None, "Title": title}
    figure.savefig(svg, format="svg", metadata=undated)
    text = svg.getvalue().decode("utf-8").replace(_FONT, f"{_FONT}, {_ELSE}")
    described = _with_description(text, alt_text)
    return Drawing(described.encode("utf-8"), alt_text)


def _with_description(svg: str, alt_text: str) -> str:
    """Give the drawing the role and the words that a screen reader speaks."""
    end = svg.index(">", svg.index("<svg "))
    words = f' role="img" aria-label={quoteattr(alt_text)}>\n <desc>{escape(alt_text)}</desc>'
    return svg[:end] + words + svg[end + 1 :]
