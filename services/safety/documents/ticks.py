"""Boxes to tick, each with its words beside it. Imported late, with the PDF library."""

from collections.abc import Sequence

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from services.safety.documents.form import Seriousness, Source
from services.safety.documents.setting import REGULAR, lines

_SIDE, _SIZE, _ROOM = 8.0, 7.0, 126.0


def seriousness(canvas: Canvas, held: Seriousness, x: float, y: float) -> None:
    """Boxes 8 to 12 and the later criteria, one below the other."""
    rows = (
        ("8. Patient died", held.died),
        ("9. Involved or prolonged inpatient hospitalisation", held.hospitalised),
        ("10. Involved persistent or significant disability or incapacity", held.disabled),
        ("11. Life-threatening", held.life_threatening),
        ("12. Congenital anomaly or birth defect", held.congenital),
        ("Other medically important condition", held.other),
    )
    for words, ticked in rows:
        y = _tick(canvas, words, ticked=ticked, x=x, y=y) - 9


def answer(canvas: Canvas, held: bool | None, x: float, y: float) -> None:
    """Yes, no, not applicable."""
    _side_by_side(
        canvas, (("YES", held is True), ("NO", held is False), ("NA", held is None)), x, y
    )


def source(canvas: Canvas, held: Source, x: float, y: float) -> None:
    """Box 24d."""
    rows = (
        ("STUDY", held.study),
        ("LITERATURE", held.literature),
        ("HEALTH PROF.", held.health_professional),
        ("OTHER", held.other),
    )
    _side_by_side(canvas, rows, x, y)


def report_type(canvas: Canvas, follow_up: bool | None, x: float, y: float) -> None:
    """Box 25a."""
    rows = (("INITIAL", follow_up is False), ("FOLLOW-UP", follow_up is True))
    _side_by_side(canvas, rows, x, y)


def _side_by_side(canvas: Canvas, rows: Sequence[tuple[str, bool]], x: float, y: float) -> None:
    for words, ticked in rows:
        _tick(canvas, words, ticked=ticked, x=x, y=y)
        x += _SIDE + stringWidth(words, REGULAR, _SIZE) + 14


def _tick(canvas: Canvas, words: str, *, ticked: bool, x: float, y: float) -> float:
    """A box with its words; the height of the last line."""
    canvas.setLineWidth(0.6)
    canvas.rect(x, y - 1.4, _SIDE, _SIDE, stroke=1, fill=0)
    canvas.setFont(REGULAR, _SIZE)
    # As text, so that a reader without eyes finds it too.
    canvas.drawCentredString(x + _SIDE / 2, y, "X" if ticked else " ")
    for line in lines(words, REGULAR, _SIZE, _ROOM):
        canvas.drawString(x + _SIDE + 3.5, y, line)
        y -= 9
    return y
