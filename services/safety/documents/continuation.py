"""What the boxes could not hold, whole and in their order. Imported late, with the PDF library."""

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from services.safety.documents.boxes import HEIGHT, MARGIN, WIDTH
from services.safety.documents.setting import BOLD, REGULAR, lines

_SIZE, _LEADING, _HEADING = 8.2, 11.0, 20.0
_TOP, _BOTTOM = MARGIN + 44, MARGIN + 24
_ROOM = HEIGHT - _TOP - _BOTTOM


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a continuation page; a heading names the box that it goes on from."""

    text: str
    heading: bool = False

    @property
    def height(self) -> float:
        return _HEADING if self.heading else _LEADING


def pages(texts: list[tuple[str, str]]) -> list[list[Line]]:
    """Label and whole text of each box into pages; none where nothing goes on."""
    filled: list[list[Line]] = []
    left = 0.0
    for label, text in texts:
        heading = Line(f"Box {label}", heading=True)
        broken = [Line(one) for one in lines(text, REGULAR, _SIZE, WIDTH - 2 * MARGIN)]
        for place, line in enumerate(broken):
            # A heading keeps company with at least one line.
            needed = line.height + (heading.height if place == 0 else 0)
            if needed > left:
                filled.append([])
                left = _ROOM
                if place:
                    again = Line(f"Box {label} (continued)", heading=True)
                    filled[-1].append(again)
                    left -= again.height
            if place == 0:
                filled[-1].append(heading)
                left -= heading.height
            filled[-1].append(line)
            left -= line.height
    return filled


def draw(canvas: Canvas, page: list[Line]) -> None:
    """One page."""
    canvas.setFont(BOLD, 12)
    canvas.drawString(MARGIN, HEIGHT - MARGIN - 12, "CONTINUATION OF CIOMS FORM I")
    canvas.setLineWidth(0.8)
    canvas.line(MARGIN, HEIGHT - MARGIN - 20, WIDTH - MARGIN, HEIGHT - MARGIN - 20)
    y = HEIGHT - _TOP
    for line in page:
        y -= line.height
        canvas.setFont(BOLD if line.heading else REGULAR, _SIZE)
        canvas.drawString(MARGIN, y + 4, line.text)
