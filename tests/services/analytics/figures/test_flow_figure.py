"""The flow of participants as it is drawn."""

import re
from xml.etree import ElementTree as ET

import pytest
from matplotlib.patches import Rectangle

from services.analytics.domain.flow_chart import FlowChart
from services.analytics.domain.results import CLOSED_MARKING, OutputClass
from services.analytics.figure_files import settings
from services.analytics.figure_flow import flow_page
from services.analytics.figures import draw_flow
from tests.services.analytics.test_flow import boxes, chart

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", params=list(OutputClass))
def drawn(request: pytest.FixtureRequest) -> FlowChart:
    return chart(request.param)


def test_the_same_diagram_has_the_same_bytes_and_real_text(drawn: FlowChart) -> None:
    figure = draw_flow(drawn)
    assert figure == draw_flow(drawn)
    root = ET.fromstring(figure.svg)  # noqa: S314 - our own
    words = " ".join("".join(each.itertext()) for each in root.iter(f"{SVG}text"))
    for box in boxes(drawn):
        for text in (box.heading, *(line.words for line in box.lines)):
            assert re.sub(r"\s+", " ", text) in re.sub(r"\s+", " ", words)
    assert root.get("aria-label") == drawn.alt_text
    assert (CLOSED_MARKING in words) is (drawn.output_class is OutputClass.CLOSED)
    assert CLOSED_MARKING.encode() not in draw_flow(drawn, declared_open=True).svg


def test_no_box_overlaps_another_and_all_words_lie_inside_one(drawn: FlowChart) -> None:
    with settings():
        figure = flow_page(drawn, None)
        renderer = figure.canvas.get_renderer()
        framed = [
            patch.get_window_extent(renderer)
            for patch in figure.artists
            if isinstance(patch, Rectangle) and patch.get_edgecolor()[3] > 0
        ]
        assert len(framed) == len(boxes(drawn))
        for index, one in enumerate(framed):
            assert not any(one.overlaps(other) for other in framed[index + 1 :])
        page = figure.bbox
        for text in figure.texts:
            place = text.get_window_extent(renderer)
            assert page.x0 <= place.x0 <= place.x1 <= page.x1, text.get_text()
            if text.get_fontsize() == 8.0 and text.get_rotation() == 0:
                assert any(
                    box.x0 <= place.x0 and place.x1 <= box.x1 and box.y0 <= place.y0
                    and place.y1 <= box.y1 for box in framed
                ), text.get_text()  # fmt: skip


def test_the_diagram_needs_no_colour(drawn: FlowChart) -> None:
    colours = set(re.findall(rb"#[0-9a-f]{6}", draw_flow(drawn, declared_open=True).svg))
    assert all(c[1:3] == c[3:5] == c[5:7] for c in colours), colours
