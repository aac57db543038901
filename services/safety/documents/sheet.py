"""Draws the form and its continuation. Imported late, with the PDF library."""

from dataclasses import dataclass
from io import BytesIO

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from services.safety.documents import continuation, ticks
from services.safety.documents.boxes import (
    BANDS,
    BOXES,
    FOOT,
    HEIGHT,
    MARGIN,
    TEXTS,
    WIDTH,
    Band,
    Box,
)
from services.safety.documents.form import CiomsForm
from services.safety.documents.setting import BOLD, REGULAR, lines, register

_SIZE, _LEADING = 7.6, 9.3
_LABEL, _PAD = 5.6, 4.0
_INK, _SOFT, _SHADE = HexColor("#111111"), HexColor("#4a4a4a"), HexColor("#e6e9ec")
# The longest that a box has room for.
_GOES_ON = ("(continued on page 2 and after)", "see p. 2")
TEMPLATE = "CIOMS I, template 2"


@dataclass(frozen=True, slots=True)
class Filled:
    """A box with its lines, and whether all of them stand in it."""

    box: Box
    shown: list[str]
    whole: bool


def draw(form: CiomsForm) -> bytes:
    """The PDF file. Raises ``MissingGlyphError``."""
    register()
    filled = [_fill(box, _text(form, box)) for box in BOXES if box.field in TEXTS]
    over = [(each.box.label, _text(form, each.box)) for each in filled if not each.whole]
    rest = continuation.pages(over)
    file = BytesIO()
    canvas = _canvas(file, form)
    _form(canvas, form, filled)
    _foot(canvas, form, 1, 1 + len(rest))
    canvas.showPage()
    for number, page in enumerate(rest, start=2):
        continuation.draw(canvas, page)
        _foot(canvas, form, number, 1 + len(rest))
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _text(form: CiomsForm, box: Box) -> str:
    return str(getattr(form, box.field))


def _fill(box: Box, text: str) -> Filled:
    broken = lines(text, REGULAR, _SIZE, box.width - 2 * _PAD)
    label = lines(box.label, REGULAR, _LABEL, box.width - 2 * _PAD)
    room = int((box.height - _below_label(len(label)) - 1) // _LEADING)
    if len(broken) <= room:
        return Filled(box, broken, whole=True)
    hints = [lines(hint, REGULAR, _SIZE, box.width - 2 * _PAD) for hint in _GOES_ON]
    hint = next(one for one in hints if len(one) < room)
    return Filled(box, [*broken[: room - len(hint)], *hint], whole=False)


def _canvas(file: BytesIO, form: CiomsForm) -> Canvas:
    canvas = Canvas(
        file, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1,
        initialFontName=REGULAR, lang="en",
    )  # fmt: skip
    created = form.report_date.strftime("D:%Y%m%d000000+00'00'")
    canvas.setDateFormatter(lambda *_now: created)
    canvas.setTitle(f"CIOMS I {form.control_number}")
    canvas.setAuthor("Induct")
    canvas.setCreator("Induct")
    canvas.setViewerPreference("DisplayDocTitle", "true")
    return canvas


def _form(canvas: Canvas, form: CiomsForm, filled: list[Filled]) -> None:
    canvas.setFillColor(_INK)
    canvas.setFont(BOLD, 13)
    canvas.drawString(MARGIN, HEIGHT - MARGIN - 12, "SUSPECT ADVERSE REACTION REPORT")
    canvas.setFont(REGULAR, 8)
    canvas.drawString(MARGIN, HEIGHT - MARGIN - 25, "CIOMS FORM I")
    for band in BANDS:
        _band(canvas, band)
    for box in BOXES:
        _frame(canvas, box)
    for each in filled:
        _lines(canvas, each)
    for box in BOXES:
        _special(canvas, form, box)


def _band(canvas: Canvas, band: Band) -> None:
    bottom = HEIGHT - band.top - 14
    canvas.setFillColor(_SHADE)
    canvas.rect(MARGIN, bottom, WIDTH - 2 * MARGIN, 14, stroke=1, fill=1)
    canvas.setFillColor(_INK)
    canvas.setFont(BOLD, 7.5)
    canvas.drawCentredString(WIDTH / 2, bottom + 4.3, band.text)


def _frame(canvas: Canvas, box: Box) -> None:
    canvas.setStrokeColor(_INK)
    canvas.setLineWidth(0.6)
    canvas.rect(box.x, HEIGHT - box.top - box.height, box.width, box.height, stroke=1, fill=0)
    canvas.setFillColor(_SOFT)
    canvas.setFont(REGULAR, _LABEL)
    y = HEIGHT - box.top - 7
    for line in lines(box.label, REGULAR, _LABEL, box.width - 2 * _PAD):
        canvas.drawString(box.x + _PAD, y, line)
        y -= 6.4


def _lines(canvas: Canvas, filled: Filled) -> None:
    box = filled.box
    label = lines(box.label, REGULAR, _LABEL, box.width - 2 * _PAD)
    canvas.setFillColor(_INK)
    canvas.setFont(REGULAR, _SIZE)
    y = HEIGHT - box.top - _below_label(len(label))
    for line in filled.shown:
        y -= _LEADING
        canvas.drawString(box.x + _PAD, y + 2, line)


def _special(canvas: Canvas, form: CiomsForm, box: Box) -> None:
    x, top = box.x + _PAD, HEIGHT - box.top
    canvas.setFillColor(_INK)
    if box.field == "seriousness":
        ticks.seriousness(canvas, form.seriousness, x, top - 28)
    elif box.field in {"abated", "reappeared"}:
        ticks.answer(canvas, getattr(form, box.field), x, top - 32)
    elif box.field == "source":
        ticks.source(canvas, form.source, x, top - 24)
    elif box.field == "follow_up":
        ticks.report_type(canvas, form.follow_up, x, top - 24)
    elif box.field == "report_date":
        canvas.setFont(REGULAR, _SIZE)
        canvas.drawString(x, top - 20, form.report_date.isoformat())


def _below_label(count: int) -> float:
    return 3.6 + 6.4 * count


def _foot(canvas: Canvas, form: CiomsForm, page: int, pages: int) -> None:
    canvas.setFillColor(_SOFT)
    canvas.setFont(REGULAR, 6)
    # The number stands whole in its box; the foot only tells loose pages apart.
    whose = lines(form.control_number, REGULAR, 6, WIDTH - 2 * MARGIN - 160)
    foot = f"{TEMPLATE} · {whose[0] if whose else ''}"
    canvas.drawString(MARGIN, HEIGHT - FOOT - 4, foot)
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - FOOT - 4, f"page {page} of {pages}")
