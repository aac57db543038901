"""Draws the confirmation on a sheet of paper. Imported late, with the PDF library."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from services.randomization.documents import confirmation, words
from services.randomization.documents.facts import ConfirmationFacts
from services.randomization.documents.typesetting import (
    BOLD,
    REGULAR,
    as_seen,
    lines,
    register,
)

_WIDTH, _HEIGHT = A4
_MARGIN = 48.0
_ROOM = _WIDTH - 2 * _MARGIN
_NAME_WIDTH = 150.0
_BOTTOM = 92.0  # the footer stands below
_INK, _SOFT, _RULE = HexColor("#16202a"), HexColor("#52606d"), HexColor("#c9d2da")
_ACCENT, _WARN, _TRAINING = HexColor("#0b5c8a"), HexColor("#8a1f11"), HexColor("#ffd54a")
# Size of type and most lines of a fact. Smaller ones are tried until all fits on the page: a
# study has at most 20 factors, and those fit the last.
_DENSITIES = ((1.0, 6), (0.9, 5), (0.8, 4), (0.65, 3), (0.5, 2), (0.4, 1))


@dataclass
class _Pen:
    """Where the next line comes, from the top down, and how densely it is set."""

    canvas: Canvas
    scale: float
    most_lines: int
    y: float = _HEIGHT - _MARGIN

    def text(
        self, text: str, size: float, *, font: str = REGULAR, color: Color = _INK,
        left: float = _MARGIN, room: float = _ROOM,
    ) -> None:  # fmt: skip
        """Lines of text below what is there."""
        size *= self.scale
        self.canvas.setFillColor(color)
        self.canvas.setFont(font, size)
        for line in lines(text, font, size, room, self.most_lines):
            self.y -= size * 1.32
            self.canvas.drawString(left, self.y, as_seen(line))

    def space(self, points: float) -> None:
        self.y -= points * self.scale

    def rule(self, color: Color = _RULE, weight: float = 0.6) -> None:
        self.canvas.setStrokeColor(color)
        self.canvas.setLineWidth(weight)
        self.canvas.line(_MARGIN, self.y, _WIDTH - _MARGIN, self.y)


def draw(facts: ConfirmationFacts) -> bytes:
    """The PDF file, set as large as one page allows."""
    register()
    for scale, most_lines in _DENSITIES:
        file = BytesIO()
        pen = _Pen(_canvas(file, facts), scale, most_lines)
        _head(pen, facts)
        _key_facts(pen, facts)
        for group in confirmation.groups(facts):
            _group(pen, group)
        if pen.y >= _BOTTOM:
            break
    _foot(pen, facts)
    pen.canvas.showPage()
    pen.canvas.save()
    return file.getvalue()


def _canvas(file: BytesIO, facts: ConfirmationFacts) -> Canvas:
    canvas = Canvas(
        file, pagesize=A4, invariant=1, pageCompression=1, initialFontName=REGULAR, lang="en"
    )
    created = facts.randomized_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    canvas.setDateFormatter(lambda *_now: created)
    canvas.setTitle(f"{confirmation.NAME} {words.DASH} {facts.subject} {words.DASH} {facts.study}")
    canvas.setSubject(f"Randomization number {facts.randomization_number}")
    canvas.setAuthor("Induct")
    canvas.setCreator("Induct")
    canvas.setKeywords(words.TRAINING if facts.mode == "training" else "")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


def _head(pen: _Pen, facts: ConfirmationFacts) -> None:
    if facts.mode == "training":
        pen.canvas.setFillColor(_TRAINING)
        pen.canvas.rect(0, _HEIGHT - 30, _WIDTH, 30, stroke=0, fill=1)
        pen.canvas.setFillColor(_INK)
        pen.canvas.setFont(BOLD, 11)
        banner = f"{words.TRAINING} {words.TRAINING_BANNER}"
        pen.canvas.drawCentredString(_WIDTH / 2, _HEIGHT - 19, banner)
    pen.space(4)
    pen.text(facts.study, 10, font=BOLD, color=_ACCENT)
    pen.text(facts.title, 9, color=_SOFT)
    pen.space(8)
    pen.text(confirmation.NAME, 19, font=BOLD)
    pen.space(10)
    pen.rule(_ACCENT, 2)
    notice = confirmation.error_notice(facts)
    if notice is not None:
        pen.space(6)
        pen.text(notice, 10, font=BOLD, color=_WARN)


def _key_facts(pen: _Pen, facts: ConfirmationFacts) -> None:
    code, name = confirmation.arm(facts)
    pen.space(10)
    start, lowest = pen.y, pen.y
    third = _ROOM / 3
    for place, (label, value, below) in enumerate(
        (
            ("Subject", facts.subject, ""),
            ("Randomization number", facts.randomization_number, ""),
            ("Arm", code, name),
        )
    ):
        pen.y = start
        left, room = _MARGIN + place * third, third - 12
        pen.text(label, 8.5, color=_SOFT, left=left, room=room)
        pen.text(value, 15, font=BOLD, left=left, room=room)
        if below:
            pen.text(below, 8.5, color=_SOFT, left=left, room=room)
        lowest = min(lowest, pen.y)
    pen.y = lowest
    pen.space(10)
    pen.rule()


def _group(pen: _Pen, group: confirmation.Group) -> None:
    pen.space(11)
    pen.text(group.heading, 11, font=BOLD, color=_ACCENT)
    pen.space(3)
    for row in group.rows:
        start = pen.y
        pen.text(row.name, 9.2, color=_SOFT, room=_NAME_WIDTH - 10)
        beneath, pen.y = pen.y, start
        # Hashes fit one line at this size, so that they can be copied whole.
        size = 8.6 if row.exact else 9.2
        pen.text(row.value, size, left=_MARGIN + _NAME_WIDTH, room=_ROOM - _NAME_WIDTH)
        pen.y = min(beneath, pen.y)
        pen.space(2.4)


def _foot(pen: _Pen, facts: ConfirmationFacts) -> None:
    pen.scale, pen.most_lines, pen.y = 1.0, 6, _BOTTOM - 14
    pen.rule()
    pen.space(3)
    for part in _foot_parts(facts):
        pen.text(part, 7.6, color=_SOFT)


def _foot_parts(facts: ConfirmationFacts) -> Iterator[str]:
    yield confirmation.FOOT
    yield f"{facts.study} · {facts.subject} · {facts.randomization_number} · page 1 of 1"
