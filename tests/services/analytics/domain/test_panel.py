from decimal import Decimal

import pytest
from hypothesis import given

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.effect_rows import EffectPlan, effect_rows
from services.analytics.domain.life_table import Before
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.panel import Panel, panel_by_arm, panel_pooled
from services.analytics.domain.panel_text import PanelText
from services.analytics.domain.results import OutputClass
from services.analytics.domain.reverse_kaplan_meier import ReverseTies
from services.analytics.domain.specification import AnalysisSpec
from services.analytics.domain.time_to_event import Analysis
from tests.services.analytics.cases import OwnEngine, analyse, freireich, plan, trials

TEXT = PanelText("Remission", "randomization", "last visit", ("snapshot ab12",))


def _analysis(observations: list[Observation], spec: AnalysisSpec) -> Analysis:
    return analyse(observations, spec, OwnEngine(), EngineCheck())


@pytest.fixture
def by_arm() -> Panel:
    return panel_by_arm(_analysis(freireich(), plan()), TEXT)


def test_the_table_stands_under_every_tick(by_arm: Panel) -> None:
    assert list(by_arm.ticks) == [0, 5, 10, 15, 20, 25, 30, 35]
    drug = by_arm.groups[0]
    assert drug.label == "6-MP"
    assert len(drug.table) == len(by_arm.ticks)
    assert drug.table[0] == Before(at_risk=21, censored=0, events=0)
    assert drug.table[2] == Before(at_risk=15, censored=2, events=4)


def test_steps_begin_at_zero_and_leave_no_gap(by_arm: Panel) -> None:
    for group in by_arm.groups:
        assert group.steps[0].start == 0.0
        assert group.steps[0].height == 1.0
        for step, following in zip(group.steps, group.steps[1:], strict=False):
            assert step.end == following.start
    last = by_arm.groups[1].steps[-1]
    assert (last.end, last.height) == (23.0, 0.0)
    assert last.lower is None


def test_the_curve_is_sparse_once_fewer_than_five_remain(by_arm: Panel) -> None:
    # Beyond 25 weeks four of 6-MP are left, beyond 12 weeks four of control.
    assert [group.sparse_from for group in by_arm.groups] == [25.0, 12.0]


def test_a_tenth_of_a_large_group_is_still_sparse() -> None:
    many = [Observation(f"{i:03}", "a", "", 7 * (i + 1), event=False) for i in range(100)]
    panel = panel_by_arm(_analysis(many, plan(arms=("a",), reference_arm="a")), TEXT)
    assert panel.groups[0].sparse_from == 91.0
    assert panel.groups[0].censor_marks == ()  # more than can be told apart


def test_censor_marks_stand_on_the_curve(by_arm: Panel) -> None:
    assert by_arm.groups[1].censor_marks == ()
    marks = by_arm.groups[0].censor_marks
    assert marks[0] == pytest.approx((6.0, 18 / 21))
    assert len(marks) == 11  # twelve censored, two of them on one day


def test_the_annotation_gives_events_median_landmarks_and_tests(by_arm: Panel) -> None:
    dash = "\N{EN DASH}"
    assert by_arm.summary_header == (
        "Events / n",
        "Median, weeks\n(95 % CI)",
        "S at 10 weeks\n(95 % CI)",
        "S at 20 weeks\n(95 % CI)",
    )
    assert by_arm.groups[0].summary == (
        "9 / 21",
        f"23.0 (13.0{dash}NE)",
        f"0.75 (0.50{dash}0.89)",
        f"0.63 (0.37{dash}0.80)",
    )
    assert by_arm.notes == (
        "Log-rank chi-square 16.79, 1 df, two-sided p < 0.0001",
        "Stratified log-rank chi-square 10.71, 1 df, two-sided p = 0.0011",
    )


def test_the_annotation_gives_the_stratified_hazard_ratio_or_why_there_is_none() -> None:
    spec = plan()
    effects = EffectPlan(None, Ties.EFRON, ReverseTies.FLIP, compared=True)
    counts = count(freireich(), spec.arms)
    rows = list(effect_rows(counts, spec, effects))
    panel = panel_by_arm(_analysis(freireich(), spec), TEXT, rows)
    by_pair = next(row for row in rows if row.statistic == "stratified_hazard_ratio")
    assert by_pair.value is not None
    told = f"Stratified hazard ratio 6-MP vs control {by_pair.value:.2f} ("
    assert panel.notes[0].startswith(told)
    assert panel.notes[0].endswith("), Efron ties")
    few = plan(minimum_events=1000)
    panel = panel_by_arm(_analysis(freireich(), few), TEXT, list(effect_rows(counts, few, effects)))
    assert "not estimable: fewer than 1000 events in an arm" in panel.notes[0]


def test_the_footer_names_population_censoring_limits_cutoff_inputs_and_versions(
    by_arm: Panel,
) -> None:
    footer = "\n".join(by_arm.footer)
    for part in (
        "Population: ITT",
        "Censoring: last visit",
        "Data cutoff: 1963-04-01",
        "pointwise 95 % log-log",
        "snapshot ab12",
        "echo 1.0",
    ):
        assert part in footer
    assert _analysis(freireich(), plan()).arms[0].inputs_hash[:16] in footer


def test_the_alternative_text_tells_subjects_events_medians_and_tests(by_arm: Panel) -> None:
    assert by_arm.alt_text == (
        "Kaplan-Meier curve of Remission, population ITT, data cutoff 1963-04-01. "
        "6-MP: 21 subjects, 9 events, median 23.0 (13.0\N{EN DASH}NE) weeks. "
        "control: 21 subjects, 21 events, median 8.0 (4.0\N{EN DASH}11.0) weeks. "
        "Log-rank chi-square 16.79, 1 df, two-sided p < 0.0001. "
        "Stratified log-rank chi-square 10.71, 1 df, two-sided p = 0.0011."
    )


def test_the_pooled_panel_names_no_arm_and_no_test() -> None:
    analysis = _analysis(freireich(), plan())
    panel = panel_pooled(analysis, TEXT)
    assert panel.output_class is OutputClass.OPEN
    assert len(panel.groups) == 1
    assert "6-MP" not in repr(panel)
    assert "control" not in repr(panel)
    assert "og-rank" not in repr(panel)
    assert analysis.arms[0].inputs_hash[:16] not in repr(panel)


@given(trials())
def test_any_data_make_a_panel(observations: list[Observation]) -> None:
    spec = plan(arms=("a", "b"), reference_arm="b", days_per_unit=Decimal(1), unit="days")
    analysis = _analysis(observations, spec)
    for panel in (panel_by_arm(analysis, TEXT), panel_pooled(analysis, TEXT)):
        for group in panel.groups:
            sums = {shown.at_risk + shown.censored + shown.events for shown in group.table}
            assert len(sums) == 1
