"""A report as PDF by reportlab: the same bytes each time, every page with marking and footer."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from reportlab import rl_config
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    CondPageBreak,
    KeepTogether,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from services.analytics.report.outline import Block, Picture, Report, Table
from services.analytics.report.vector import Fonts, VectorFigure

MARGIN, WIDTH = 15 * mm, landscape(A4)[0] - 30 * mm
FIGURE_HEIGHT = 145 * mm
CELL, PADDING = 7.5, 6
WITH_NOTES = 2
"""Rows of a table that its notes keep company."""
FIRST_COLUMN = 0.28
"""Share of the width that names of rows take."""
REGULAR, BOLD = "InductReport", "InductReport-Bold"
INK, SOFT, RULE, WARN = (colors.HexColor(c) for c in ("#16202a", "#52606d", "#d5dce3", "#8a1f11"))


def paper(report: Report) -> bytes:
    """The report on landscape A4."""
    _fonts()
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=landscape(A4), leftMargin=MARGIN, rightMargin=MARGIN, topMargin=18 * mm,
        bottomMargin=16 * mm, title=report.title, author="Induct", invariant=1,
    )  # fmt: skip

    def furniture(canvas: Any, page: Any) -> None:
        _furniture(canvas, page, report)

    with _binary():
        document.build(_flow(report), onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


@contextmanager
def _binary() -> Iterator[None]:
    """Pages as bytes: reportlab's text encoding of them is slow and makes them longer."""
    before = rl_config.useA85
    rl_config.useA85 = 0
    try:
        yield
    finally:
        rl_config.useA85 = before


def _flow(report: Report) -> list[Any]:
    found: list[Any] = [
        Paragraph(escape(report.title), _style(15, bold=True)),
        Paragraph(escape(report.subtitle), _style(10, color=SOFT)),
        Spacer(1, 4 * mm),
        _grid([[_text(name, SOFT), _text(value)] for name, value in report.facts], (0.2, 0.8)),
    ]
    for number, section in enumerate(report.sections):
        if number:
            found.append(PageBreak())
        found += [Spacer(1, 4 * mm), Paragraph(escape(section.title), _style(13, bold=True))]
        if section.lead:
            found.append(Paragraph(escape(section.lead), _style(8, color=SOFT)))
        for block in section.blocks:
            found += [Spacer(1, 4 * mm), *_block(block)]
    return found


def _block(block: Block) -> list[Any]:
    if isinstance(block, Picture):
        return [KeepTogether([_figure(block), Paragraph(escape(block.caption), _style(7.5, SOFT))])]
    return _table(block)


def _figure(picture: Picture) -> VectorFigure:
    return VectorFigure(picture.svg, (WIDTH, FIGURE_HEIGHT), Fonts(REGULAR, BOLD))


def _table(table: Table) -> list[Any]:
    shares = _shares(table)
    rows = [[_text(cell, SOFT) for cell in table.head]]
    rows += [[_fitted(*each) for each in zip(row, shares, strict=True)] for row in table.rows]
    caption = Paragraph(escape(table.caption), _style(9, bold=True))
    notes = [Paragraph(escape(note), _style(7, color=SOFT)) for note in table.notes]
    # A caption is never left alone at the end of a page, nor notes at the beginning of one.
    found = [CondPageBreak(35 * mm), caption, Spacer(1, 1 * mm)]
    if not notes or len(rows) <= 2 * WITH_NOTES:
        return [*found, _grid(rows, shares, head=1), *notes]
    last = KeepTogether([_grid(rows[-WITH_NOTES:], shares), *notes])
    return [*found, _grid(rows[:-WITH_NOTES], shares, head=1), last]


def _shares(table: Table) -> tuple[float, ...]:
    """How the width is shared: as usual, or so that no word or number is broken in its cell. What
    no cell could hold is broken anyhow, and is no reason to make the others small."""
    others = len(table.head) - 1
    usual = (FIRST_COLUMN, *([(1 - FIRST_COLUMN) / max(others, 1)] * others))
    columns = list(zip(table.head, *table.rows, strict=True))
    least = [max(_width(word) for cell in column for word in cell.split(" ")) + PADDING + 1
             for column in columns]  # fmt: skip
    spare = WIDTH - sum(least)
    fit = all(room <= WIDTH * share for room, share in zip(least, usual, strict=True))
    if fit or spare < 0 or max(least) > WIDTH * FIRST_COLUMN:
        return usual
    more = [max(_width(cell) for cell in column) for column in columns]
    return tuple((room + spare * each / sum(more)) / WIDTH
                 for room, each in zip(least, more, strict=True))  # fmt: skip


def _width(words: str) -> float:
    lines = words.split("\n")
    return max(float(pdfmetrics.stringWidth(line, REGULAR, CELL)) for line in lines)


def _grid(rows: list[list[Any]], shares: tuple[float, ...], head: int = 0) -> Grid:
    grid = Grid(rows, colWidths=[WIDTH * share for share in shares], repeatRows=head)
    grid.setStyle(
        TableStyle([
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE),
            ("TOPPADDING", (0, 0), (-1, -1), 1.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
            ("FONT", (0, 0), (-1, -1), REGULAR, CELL, CELL * 1.3),
            ("TEXTCOLOR", (0, 0), (-1, -1), INK),
        ])
    )  # fmt: skip
    return grid


def _text(words: str, color: Any = INK) -> Paragraph:
    # Deeper levels of a name are set in by spaces, which a paragraph would swallow.
    deep = len(words) - len(words.lstrip(" "))
    return Paragraph("&nbsp;" * deep + escape(words.lstrip(" ")), _style(CELL, color))


def _fitted(words: str, share: float) -> Any:
    """A cell of one line is a string: setting it as a paragraph takes twenty times as long."""
    room = WIDTH * share - PADDING
    if "\n" not in words and pdfmetrics.stringWidth(words, REGULAR, CELL) < room:
        return words
    return _text(words)


def _furniture(canvas: Any, page: Any, report: Report) -> None:
    width, height = landscape(A4)
    canvas.saveState()
    if report.marking is not None:
        canvas.setFillColor(WARN)
        canvas.setFont(BOLD, 8)
        canvas.drawString(MARGIN, height - 11 * mm, report.marking)
    canvas.setFillColor(SOFT)
    canvas.setFont(REGULAR, 6.5)
    canvas.drawString(MARGIN, 9 * mm, report.footer)
    canvas.drawRightString(width - MARGIN, 9 * mm, f"Page {page.page}")
    canvas.restoreState()


@cache
def _style(size: float, color: Any = INK, *, bold: bool = False) -> ParagraphStyle:
    return ParagraphStyle(
        f"induct-{size}-{color}-{bold}", fontName=BOLD if bold else REGULAR, fontSize=size,
        leading=size * 1.3, textColor=color, wordWrap="LTR", splitLongWords=1,
    )  # fmt: skip


@cache
def _fonts() -> None:
    """DejaVu Sans, which comes with matplotlib: names need more than Latin letters."""
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdfmetrics.registerFont(TTFont(REGULAR, str(folder / "DejaVuSans.ttf")))
    pdfmetrics.registerFont(TTFont(BOLD, str(folder / "DejaVuSans-Bold.ttf")))
