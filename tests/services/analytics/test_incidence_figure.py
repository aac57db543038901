"""The figure of a success that death precludes: cumulative incidence, and who it counts."""

from datetime import date

import pytest
from hypothesis import given

from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.table import CauseCount, CompetingTable
from services.analytics.domain.competing_rows import competing_rows
from services.analytics.domain.first_event import first_event
from services.analytics.domain.incidence_panel import incidence_panel
from services.analytics.domain.life_table import Before
from services.analytics.domain.panel import Panel
from services.analytics.domain.plans import Task, in_axis_units, plan_of, text_of
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import OutputClass
from services.analytics.exact_limits import ENGINE, clopper_pearson
from services.analytics.figures import draw_kaplan_meier
from shared.study.endpoints import ProportionEndpoint
from tests.services.analytics.domain.competing.causes import ends
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
CUTOFF = date(2030, 6, 30)
PLAN = ProportionPlan("HSCT", "ITT", 0.95, CUTOFF, clopper_pearson, ENGINE)
SUCCESS, DEATH, CENSORED = 1, 2, 0
COUNTS = [
    CauseCount("INO", "x", 100.0, SUCCESS, 4),
    CauseCount("INO", "x", 300.0, SUCCESS, 2),
    CauseCount("INO", "y", 350.0, CENSORED, 2),
    CauseCount("ALLR3", "x", 200.0, DEATH, 3),
    CauseCount("ALLR3", "y", 250.0, SUCCESS, 1),
    CauseCount("ALLR3", "y", 400.0, CENSORED, 4),
]


def panel(counts: list[CauseCount], output_class: OutputClass) -> Panel:
    endpoint = NCT.endpoint("HSCT")
    assert isinstance(endpoint, ProportionEndpoint)
    task = Task(first_event(endpoint), NCT.population("ITT"), pooled=True)
    rows = list(competing_rows(NCT, endpoint, PLAN, sorted(counts)))
    spec = in_axis_units(NCT, plan_of(NCT, task, CUTOFF))
    return incidence_panel(counts, spec, text_of(NCT, task, "1"), ["Death"], output_class, rows)


def test_curves_rise_from_zero_by_the_incidence_and_count_who_died() -> None:
    drawn = panel(COUNTS, OutputClass.CLOSED)
    assert (drawn.value_axis, drawn.start) == ("Cumulative incidence", 0.0)
    ino, other = drawn.groups
    assert [step.height for step in ino.steps] == [0.0, 0.5, 0.75, 0.75]
    # Of eight three have died, and of the five left one succeeds: 5/8 of 1/5, not 1/5.
    assert [step.height for step in other.steps] == pytest.approx([0.0, 0.0, 0.125, 0.125])
    assert other.summary[0] == "1 / 8"
    # At ten months, 304 days: three died, one was transplanted.
    place = list(drawn.ticks).index(10.0)
    assert other.table[place] == Before(at_risk=4, censored=0, events=1, competing=3)


def test_the_figure_by_arm_tells_grays_test_by_its_event_and_an_open_one_no_arm() -> None:
    closed = panel(COUNTS, OutputClass.CLOSED)
    assert closed.notes[0] == "Competing: Death"
    assert closed.notes[1].startswith("Gray's test of the event, stratified: chi-square ")
    assert "Subdistribution hazard ratio, stratified, INO vs ALLR3 not est" in closed.notes[2]
    pooled = panel(COUNTS, OutputClass.OPEN)
    assert pooled.notes == ("Competing: Death",)
    assert [group.label for group in pooled.groups] == ["All subjects"]
    assert not any(arm in repr(pooled) for arm in ("INO", "ALLR3"))
    assert "16 subjects, 7 events, 3 competing events" in pooled.alt_text


@given(ends(("INO", "ALLR3")))
def test_any_data_make_a_figure_whose_numbers_add_up(cells: list[CauseCount]) -> None:
    drawn = panel([CauseCount(c.arm, c.stratum, c.time, min(c.cause, 2), c.subjects)
                   for c in cells], OutputClass.CLOSED)  # fmt: skip
    for arm, group in zip(("INO", "ALLR3"), drawn.groups, strict=True):
        table = CompetingTable.of((c for c in cells if c.arm == arm), SUCCESS)
        sums = {b.at_risk + b.censored + b.events + (b.competing or 0) for b in group.table}
        assert sums == {table.n}
        if table.n:
            last = cumulative_incidence(table, 0.95).incidence[-1]
            assert group.steps[-1].height == pytest.approx(last)


@pytest.mark.drawn
def test_it_is_drawn_with_its_axis_and_the_row_of_competing_events() -> None:
    drawn = draw_kaplan_meier(panel(COUNTS, OutputClass.CLOSED))
    text = drawn.svg.decode()
    for words in ("Cumulative incidence", ">Competing<", "CONFIDENTIAL"):
        assert words in text
    assert drawn.svg == draw_kaplan_meier(panel(COUNTS, OutputClass.CLOSED)).svg
