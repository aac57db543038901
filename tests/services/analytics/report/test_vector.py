"""A figure on paper is the figure: its words, its lines where they were, and nothing left out."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.panel import panel_by_arm
from services.analytics.domain.panel_text import PanelText
from services.analytics.figures import draw_kaplan_meier
from services.analytics.report.outline import Picture, Report, Section
from services.analytics.report.paper import BOLD, REGULAR, _fonts, paper
from services.analytics.report.vector import Fonts, NotDrawn, VectorFigure
from services.analytics.report.vector_path import draw_path
from tests.services.analytics.cases import OwnEngine, analyse, freireich, plan

SVG = "http://www.w3.org/2000/svg"
TEXT = PanelText("Remission", "randomization", "last visit", ("snapshot ab12",))
EMPTY = Report("title", "", None, (("fact", "told"),), (), "footer")


@pytest.fixture(scope="module")
def figure() -> Picture:
    found = panel_by_arm(analyse(freireich(), plan(), OwnEngine(), EngineCheck()), TEXT)
    return Picture.of("caption", draw_kaplan_meier(found))


def svg(inside: str) -> bytes:
    link = "http://www.w3.org/1999/xlink"
    return f'<svg xmlns="{SVG}" xmlns:xlink="{link}" viewBox="0 0 200 100">{inside}</svg>'.encode()


def drawn(inside: str) -> str:
    """What stands on the page, of a figure that is half as large there: 100 by 50 points."""
    _fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(100, 50), pageCompression=0, invariant=1)
    VectorFigure(svg(inside), (100, 200), Fonts(REGULAR, BOLD)).drawOn(canvas, 0, 0)
    canvas.save()
    content = PdfReader(io.BytesIO(out.getvalue())).pages[0].get_contents()
    assert content is not None
    return " ".join(content.get_data().decode("latin-1").split())


def test_every_word_of_a_figure_can_be_found_on_paper(figure: Picture) -> None:
    report = replace(EMPTY, sections=(Section("Section", "", (figure,)),))
    *_, page = PdfReader(io.BytesIO(paper(report))).pages
    text = page.extract_text()
    words = ["".join(each.itertext()) for each in ET.fromstring(figure.svg).iter(f"{{{SVG}}}text")]  # noqa: S314 - our own
    assert len(words) > 50
    assert [each for each in words if each not in text] == []
    assert not page.images


def test_the_same_figure_has_the_same_bytes_on_paper(figure: Picture) -> None:
    report = replace(EMPTY, sections=(Section("Section", "", (figure,)),))
    assert paper(report) == paper(report)


def test_a_figure_is_as_large_as_fits_and_keeps_its_shape() -> None:
    fonts = Fonts(REGULAR, BOLD)
    wide, high = (VectorFigure(svg(""), room, fonts) for room in ((100, 900), (900, 20)))
    assert (wide.width, wide.height) == (100, 50)
    assert (high.width, high.height) == (40, 20)


def test_a_line_lies_where_it_lay_from_the_top() -> None:
    content = drawn('<path d="M 10 20 L 30 20" style="fill: none; stroke: #0072b2"/>')
    assert ".5 0 0 .5 0 0 cm" in content
    assert re.search(r"n 10 80 m 30 80 l S", content)
    assert "0 .447059 .698039 RG" in content


def test_a_shape_that_is_used_stands_where_it_is_put_and_looks_as_it_is_told() -> None:
    content = drawn(
        '<defs><path id="a" d="M 0 0 L 5 0 L 5 5 z"/></defs>'
        '<use xlink:href="#a" x="50" y="40" style="fill: #ff0000; fill-opacity: 0.16"/>'
    )
    assert re.search(r"n 50 60 m 55 60 l 55 55 l h f(?!\*)", content)
    assert "1 0 0 rg" in content
    assert re.search(r"/gRLs\d gs", content)


def test_what_is_clipped_on_the_screen_is_clipped_on_paper() -> None:
    content = drawn(
        '<defs><clipPath id="c"><rect x="10" y="10" width="50" height="20"/></clipPath></defs>'
        '<g clip-path="url(#c)"><path d="M 0 0 L 200 0" style="fill: none; stroke: #000000"/></g>'
    )
    assert re.search(r"10 70 50 20 re W\* n", content)


def test_dashes_and_ends_of_a_line_are_kept() -> None:
    content = drawn(
        '<path d="M 0 0 L 9 0" style="fill: none; stroke-dasharray: 8,2.56; stroke-dashoffset: 1;'
        ' stroke: #000000; stroke-width: 1.6; stroke-linecap: square; stroke-linejoin: miter"/>'
    )
    for told in ("[8 2.56] 1.0 d", "1.6 w", "2 J", "0 j"):
        assert told in content


def test_words_are_turned_about_their_own_place() -> None:
    style = "font-size: 8px; font-weight: 700; text-anchor: middle"
    for place in ('x="20" y="30" transform="rotate(-90 20 30)"',
                  'transform="translate(20 30) rotate(-90)"'):  # fmt: skip
        content = drawn(f'<text style="{style}" {place}>up</text>')
        assert "0 1 -1 0 20 70 cm" in content
        assert re.search(r"BT 1 0 0 1 -5\.7\d* 0 Tm", content)  # half of its width to the left


class Recorded:
    """A path that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, tuple[float, ...]]] = []

    def __getattr__(self, name: str) -> object:
        return lambda *numbers: self.told.append((name, numbers))


def cubic(points: list[tuple[float, float]], t: float) -> Iterator[float]:
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    for axis in range(2):
        yield sum(weight * point[axis] for weight, point in zip(weights, points, strict=True))


def test_a_quadratic_curve_is_drawn_as_the_cubic_that_it_is() -> None:
    path = Recorded()
    draw_path(path, "M 0 0 Q 3 6 9 3", (0, 0))
    _, (_, numbers) = path.told
    points = [(0.0, 0.0), *zip(numbers[::2], numbers[1::2], strict=True)]
    for t in (0.25, 0.5, 0.8):
        expected = (2 * (1 - t) * t * 3 + t * t * 9, -(2 * (1 - t) * t * 6 + t * t * 3))
        assert tuple(cubic(points, t)) == pytest.approx(expected)


@pytest.mark.parametrize(
    "inside",
    ['<circle r="3"/>', '<path d="M 0 0" style="filter: url(#x)"/>', '<image width="3"/>'],
)
def test_what_cannot_be_drawn_is_refused_and_not_left_out(inside: str) -> None:
    with pytest.raises(NotDrawn):
        drawn(inside)


@pytest.mark.parametrize("data", ["M 0 0 A 1 1 0 0 0 2 2", "0 0 1 1"])
def test_a_path_with_another_command_is_refused(data: str) -> None:
    with pytest.raises(ValueError, match="a path with"):
        draw_path(Recorded(), data, (0, 0))
