import re
import subprocess
import sys
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.observations import Observation
from services.analytics.domain.panel import Panel, panel_by_arm, panel_pooled
from services.analytics.domain.panel_text import PanelText
from services.analytics.domain.results import CLOSED_MARKING
from services.analytics.domain.time_to_event import Analysis
from services.analytics.figure_files import Drawing
from services.analytics.figure_page import draw_page
from services.analytics.figures import draw_kaplan_meier
from tests.services.analytics.cases import OwnEngine, analyse, freireich, plan

SVG = "{http://www.w3.org/2000/svg}"
TEXT = PanelText("Remission", "randomization", "last visit", ("snapshot ab12",))


def _analysis(observations: list[Observation] | None = None) -> Analysis:
    data = freireich() if observations is None else observations
    return analyse(data, plan(), OwnEngine(), EngineCheck())


@pytest.fixture(scope="module")
def by_arm() -> Panel:
    return panel_by_arm(_analysis(), TEXT)


@pytest.fixture(scope="module")
def figure(by_arm: Panel) -> Drawing:
    return draw_kaplan_meier(by_arm)


@pytest.fixture(scope="module")
def texts(figure: Drawing) -> list[tuple[str, float, float]]:
    return _texts(figure.svg)


def _texts(svg: bytes) -> list[tuple[str, float, float]]:
    """Every text of a drawing with its place."""
    found = []
    for element in ET.fromstring(svg).iter(f"{SVG}text"):  # noqa: S314 - our own
        place = element.get("transform") or ""
        numbers = [float(number) for number in re.findall(r"-?\d+\.?\d*", place)]
        x, y = element.get("x"), element.get("y")
        at = (float(x), float(y)) if x and y else (numbers[0], numbers[1])
        found.append(("".join(element.itertext()), *at))
    return found


def test_the_same_panel_gives_the_same_bytes(by_arm: Panel, figure: Drawing) -> None:
    assert draw_kaplan_meier(by_arm) == figure


def test_another_process_gives_the_same_bytes(figure: Drawing) -> None:
    code = (
        "import sys, hashlib\n"
        "from tests.services.analytics.figures.test_figures import _analysis, TEXT\n"
        "from services.analytics.domain.panel import panel_by_arm\n"
        "from services.analytics.figures import draw_kaplan_meier\n"
        "figure = draw_kaplan_meier(panel_by_arm(_analysis(), TEXT))\n"
        "sys.stdout.buffer.write(figure.svg)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == figure.svg


def test_settings_of_the_machine_change_nothing_and_are_kept(
    by_arm: Panel, figure: Drawing
) -> None:
    with mpl.rc_context({"font.size": 22, "svg.fonttype": "path", "axes.facecolor": "red"}):
        assert draw_kaplan_meier(by_arm) == figure
        assert mpl.rcParams["font.size"] == 22


def test_no_date_and_no_program_is_written(figure: Drawing) -> None:
    assert b"<dc:date>" not in figure.svg


def test_where_the_font_is_missing_another_without_serifs_stands_in(figure: Drawing) -> None:
    families = set(re.findall(rb"font-family: ([^;\"]*)", figure.svg))
    assert families == {b"'DejaVu Sans', Verdana, sans-serif"}


def test_numbers_stand_exactly_under_their_ticks(
    by_arm: Panel, texts: list[tuple[str, float, float]]
) -> None:
    axis = next(y for words, _, y in texts if words == "35")
    ticks = {words: x for words, x, y in texts if y == axis and words.isdigit()}
    assert list(ticks) == [f"{tick:g}" for tick in by_arm.ticks]
    for group in by_arm.groups:
        name_y = max(y for words, _, y in texts if words == group.label)
        below = sorted({y for _, _, y in texts if y > name_y})[:3]
        for y, field in zip(below, ("at_risk", "censored", "events"), strict=True):
            row = sorted((x, words) for words, x, at in texts if at == y and words.isdigit())
            assert [x for x, _ in row] == pytest.approx(sorted(ticks.values()), abs=0.01)
            assert [int(words) for _, words in row] == [
                getattr(shown, field) for shown in group.table
            ]


def test_bands_and_lines_are_steps_through_the_estimates(by_arm: Panel) -> None:
    axes = draw_page(by_arm, None).axes[0]
    bands = [path.vertices for band in axes.collections for path in band.get_paths()]
    edges = {(float(x), float(y)) for vertices in bands for x, y in vertices}
    corners = {
        (float(x), float(y))
        for line in axes.lines
        if line.get_marker() != "|"
        for x, y in line.get_xydata()
    }
    for group in by_arm.groups:
        for step in group.steps:
            both = (step.start, step.end)
            assert {(time, step.height) for time in both} <= corners
            limits = [limit for limit in (step.lower, step.upper) if limit is not None]
            assert {(time, limit) for time in both for limit in limits} <= edges
    assert not any(x == 23.0 and y == 0.0 for x, y in edges)  # no limits where survival is 0


def test_text_is_real_text(by_arm: Panel, texts: list[tuple[str, float, float]]) -> None:
    words = {words for words, _, _ in texts}
    assert {"At risk", "Censored", "Events", "Number of subjects"} <= words
    assert {*by_arm.notes, by_arm.time_axis, by_arm.title} <= words
    assert {cell for group in by_arm.groups for cell in group.summary} <= words


def test_the_vertical_axis_runs_from_zero_to_one(texts: list[tuple[str, float, float]]) -> None:
    words = [words for words, _, _ in texts]
    assert {"0.0", "0.2", "0.4", "0.6", "0.8", "1.0"} <= set(words)


def test_a_figure_by_arm_is_marked_unless_declared_open(by_arm: Panel, figure: Drawing) -> None:
    assert CLOSED_MARKING.encode() in figure.svg
    assert b"CONFIDENTIAL" not in draw_kaplan_meier(by_arm, declared_open=True).svg


def test_the_pooled_figure_has_no_marking_no_arm_and_no_test() -> None:
    figure = draw_kaplan_meier(panel_pooled(_analysis(), TEXT))
    for secret in (b"CONFIDENTIAL", b"6-MP", b"control", b"og-rank"):
        assert secret not in figure.svg
        assert secret.decode() not in figure.alt_text


def test_a_screen_reader_finds_role_title_and_description(by_arm: Panel, figure: Drawing) -> None:
    root = ET.fromstring(figure.svg)  # noqa: S314 - our own
    assert root.get("role") == "img"
    assert root.get("aria-label") == figure.alt_text == by_arm.alt_text
    assert root.findtext(f"{SVG}desc") == by_arm.alt_text
    assert root.findtext(f"{SVG}title") == "Remission"


def test_groups_differ_in_line_style_and_not_only_in_colour(figure: Drawing) -> None:
    svg = figure.svg.decode()
    first = re.findall(r'style="fill: none; ([^"]*stroke: #0072b2[^"]*)"', svg)
    second = re.findall(r'style="fill: none; ([^"]*stroke: #d55e00[^"]*)"', svg)
    assert first
    assert second
    assert not any("dasharray" in style for style in first)
    assert all("dasharray" in style for style in second if "1.6" in style)


@pytest.mark.parametrize(
    "observations",
    [
        [],
        [Observation("1", "control", "", 7, event=True)],
        [Observation("1", "control", "", 0, event=True)],
        [Observation(str(i), "control", "", 7 * i, event=False) for i in range(90)],
    ],
    ids=["nobody", "one event", "an event on day 0", "all censored"],
)
def test_data_that_allow_little_still_make_a_figure(observations: list[Observation]) -> None:
    analysis = _analysis(observations)
    for panel in (panel_by_arm(analysis, TEXT), panel_pooled(analysis, TEXT)):
        assert draw_kaplan_meier(panel).svg.startswith(b"<?xml")


def test_names_with_markup_are_written_as_text() -> None:
    odd = plan(arms=("A & <b>", 'say "x" $5$'), reference_arm="A & <b>")
    data = [Observation(str(i), odd.arms[i % 2], "", 7 * i, event=True) for i in range(1, 9)]
    analysis = analyse(data, odd, OwnEngine(), EngineCheck())
    figure = draw_kaplan_meier(panel_by_arm(analysis, TEXT))
    words = {words for words, _, _ in _texts(figure.svg)}
    assert set(odd.arms) <= words
