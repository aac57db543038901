"""Kaplan-Meier figures as SVG and PNG, the same bytes for the same panel.

This module and those it draws with need matplotlib: only the run of an analysis
imports it, so that serving finished figures stays quick to start.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

import matplotlib as mpl
from matplotlib import style

from services.analytics.domain.panel import Panel
from services.analytics.domain.results import CLOSED_MARKING, OutputClass
from services.analytics.figure_page import draw_page

DOTS_PER_INCH = 200

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
class KaplanMeierFigure:
    """One figure in two formats, with the words for who cannot see it."""

    svg: bytes
    png: bytes
    alt_text: str


def draw_kaplan_meier(panel: Panel, *, declared_open: bool = False) -> KaplanMeierFigure:
    """Draw a panel.

    A panel by arm carries the marking of the closed session unless its study
    declares it open; a pooled panel never does.
    """
    closed = panel.output_class is OutputClass.CLOSED and not declared_open
    svg, png = io.BytesIO(), io.BytesIO()
    with _settings():
        figure = draw_page(panel, CLOSED_MARKING if closed else None)
        figure.savefig(png, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
        undated = {"Date": None, "Creator": None, "Title": panel.title}
        figure.savefig(svg, format="svg", metadata=undated)
    described = _with_description(svg.getvalue().decode("utf-8"), panel.alt_text)
    return KaplanMeierFigure(described.encode("utf-8"), png.getvalue(), panel.alt_text)


@contextmanager
def _settings() -> Iterator[None]:
    """Matplotlib's own defaults, whatever the machine's settings files say."""
    with style.context("default", after_reset=True), mpl.rc_context(_SETTINGS):
        yield


def _with_description(svg: str, alt_text: str) -> str:
    """Give the drawing the role and the words that a screen reader speaks."""
    end = svg.index(">", svg.index("<svg "))
    words = f' role="img" aria-label={quoteattr(alt_text)}>\n <desc>{escape(alt_text)}</desc>'
    return svg[:end] + words + svg[end + 1 :]
