import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.agreement import EngineCheck, EngineDisagreement
from services.analytics.domain.engine_port import EngineCurve
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Observation, ObservationError, count
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.specification import AnalysisSpec, SurvivalTest
from services.analytics.domain.time_to_event import analyse_counts
from tests.services.analytics.cases import OwnEngine, WrongEngine, analyse, freireich, plan, trials

PLAN_AB = plan(arms=("a", "b"), reference_arm="b", landmarks=(Decimal(1),))


def _rows(observations: list[Observation], spec: AnalysisSpec) -> list[ResultRow]:
    return analyse(observations, spec, OwnEngine(), EngineCheck()).rows


def _find(rows: list[ResultRow], name: str, statistic: str, at: float | None = None) -> ResultRow:
    (row,) = (
        row
        for row in rows
        if name in (row.group, row.contrast) and (row.statistic, row.timepoint) == (statistic, at)
    )
    return row


def _text(rows: list[ResultRow]) -> str:
    return json.dumps([row.to_json() for row in rows], allow_nan=False)


def test_the_published_answers_of_the_remission_trial() -> None:
    rows = _rows(freireich(), plan())
    drug, control = _find(rows, "6-MP", "median"), _find(rows, "control", "median")
    assert (drug.value, drug.lower, drug.upper) == (23.0, 13.0, None)
    assert (control.value, control.lower, control.upper) == (8.0, 4.0, 11.0)
    assert drug.reason == "upper limit not reached"
    contrast = "6-MP vs control"
    assert _find(rows, contrast, "logrank_chi_square").value == pytest.approx(16.7929409892)
    assert _find(rows, contrast, "logrank_p_two_sided").value == pytest.approx(4.16880910933e-05)
    stratified = _find(rows, contrast, "stratified_logrank_chi_square")
    assert stratified.value == pytest.approx(10.7142857142857)
    assert stratified.convention["strata"] == 21
    assert _find(rows, "6-MP", "logrank_expected").value == pytest.approx(19.2505009480311)
    assert _find(rows, "control", "stratified_logrank_expected").value == pytest.approx(13.5)


def test_landmarks_carry_survival_its_error_and_the_numbers_at_risk() -> None:
    rows = _rows(freireich(), plan())
    point = _find(rows, "6-MP", "survival", 10.0)
    assert (point.value, point.lower, point.upper) == pytest.approx(
        (0.752941176470588, 0.503199510799957, 0.889361835169265)
    )
    error = _find(rows, "6-MP", "survival_standard_error", 10.0)
    assert error.value == pytest.approx(0.0963496529943205)
    numbers = [
        _find(rows, "6-MP", statistic, 10.0).value
        for statistic in ("at_risk", "censored_before", "events_before")
    ]
    assert numbers == [15.0, 2.0, 4.0]


def test_landmarks_carry_the_cumulative_hazard_as_well() -> None:
    rows = _rows(freireich(), plan(landmarks=(Decimal(5), Decimal(10), Decimal(40))))
    found = [_find(rows, "6-MP", "cumulative_hazard", at) for at in (5.0, 10.0, 40.0)]
    assert [row.value for row in found] == pytest.approx([0.0, 0.268347338936, None])
    assert [row.engine for row in found] == ["own", "echo 1.0", "own"]
    error = _find(rows, "6-MP", "cumulative_hazard_standard_error", 10.0)
    assert error.value == pytest.approx(0.121273959057)
    assert error.convention["variance"] == "aalen"


def test_the_library_is_named_only_on_the_numbers_it_gave() -> None:
    rows = _rows(freireich(), plan(landmarks=(Decimal(5), Decimal(10), Decimal(40))))
    engines = [_find(rows, "6-MP", "survival", at).engine for at in (5.0, 10.0, 40.0)]
    assert engines == ["own", "echo 1.0", "own"]
    assert _find(rows, "6-MP", "median").engine == "own"


def test_times_are_reported_in_the_unit_of_the_plan() -> None:
    in_weeks = _find(_rows(freireich(), plan()), "6-MP", "median")
    months = plan(unit="months", days_per_unit=Decimal("30.4375"), landmarks=(Decimal(6),))
    in_months = _find(_rows(freireich(), months), "6-MP", "median")
    assert (in_weeks.unit, in_months.unit) == ("weeks", "months")
    assert in_months.value == float(Decimal(161) / Decimal("30.4375"))
    assert in_months.convention["days_per_unit"] == "30.4375"


def test_open_rows_are_pooled_and_name_no_arm_anywhere() -> None:
    rows = _rows(freireich(), plan())
    opened = [row for row in rows if row.output_class is OutputClass.OPEN]
    assert opened
    assert {row.group for row in opened} == {"pooled"}
    text = _text(opened)
    assert "6-MP" not in text
    assert "control" not in text
    assert _find(rows, "pooled", "median").value == 12.0


def test_the_open_hash_does_not_depend_on_who_was_in_which_arm() -> None:
    swapped = {"6-MP": "control", "control": "6-MP"}
    other = [replace(seen, arm=swapped[seen.arm]) for seen in freireich()]
    rows, other_rows = _rows(freireich(), plan()), _rows(other, plan())
    assert _find(rows, "pooled", "n").inputs_hash == _find(other_rows, "pooled", "n").inputs_hash
    assert _find(rows, "6-MP", "n").inputs_hash != _find(other_rows, "6-MP", "n").inputs_hash


def test_by_arm_and_contrast_rows_are_closed() -> None:
    rows = _rows(freireich(), plan())
    assert {row.output_class for row in rows if row.group != "pooled"} == {OutputClass.CLOSED}


@pytest.mark.parametrize(
    "observations",
    [
        [],
        [Observation("1", "a", "x", 5, event=True)],
        [Observation("1", "a", "x", 5, event=False)],
        [Observation(str(i), "ab"[i % 2], "x", 5 + i, event=False) for i in range(6)],
        [Observation(str(i), "ab"[i % 2], "x", 5, event=True) for i in range(6)],
    ],
    ids=["nobody", "one event", "one censored", "all censored", "all on one day"],
)
def test_data_that_allow_no_estimate_give_rows_with_a_reason(
    observations: list[Observation],
) -> None:
    rows = _rows(observations, PLAN_AB)
    expected = _rows([replace(seen) for seen in freireich()], plan(landmarks=(Decimal(1),)))
    assert [row.statistic for row in rows] == [row.statistic for row in expected]
    missing = [row for row in rows if row.status is Status.NE]
    assert missing
    assert all(row.value is None and row.reason for row in missing)
    _text(rows)


def test_nobody_gives_counts_of_zero() -> None:
    rows = _rows([], PLAN_AB)
    for group in ("pooled", "a", "b"):
        assert [_find(rows, group, s).value for s in ("n", "events", "censored")] == [0.0] * 3
    assert _find(rows, "a", "median").reason == "no subjects in this group"
    assert _find(rows, "a vs b", "logrank_chi_square").reason == "no events"


def test_the_reason_says_which_quantile_was_not_reached() -> None:
    rows = _rows([Observation(str(i), "a", "", 5, event=i == 0) for i in range(9)], PLAN_AB)
    assert _find(rows, "a", "median").reason == "median not reached"
    assert _find(rows, "a", "first_quartile").reason == "first quartile not reached"


def test_few_events_and_a_single_stratum_are_warned_of() -> None:
    few = [Observation(str(i), "ab"[i % 2], "x", 5 + i, event=i < 4) for i in range(12)]
    rows = _rows(few, PLAN_AB)
    plain = _find(rows, "a vs b", "logrank_chi_square")
    assert plain.warnings == ("2 events in a, fewer than 5", "2 events in b, fewer than 5")
    stratified = _find(rows, "a vs b", "stratified_logrank_chi_square")
    assert stratified.warnings[0] == "one stratum: the stratified test is the plain one"
    assert stratified.value == plain.value


def test_a_weighted_test_is_beside_the_plain_one_and_says_its_weights() -> None:
    tests = (SurvivalTest.LOGRANK, SurvivalTest.PETO_PETO, SurvivalTest.STRATIFIED_PETO_PETO)
    rows = _rows(freireich(), plan(tests=tests))
    contrast = "6-MP vs control"
    plain = _find(rows, contrast, "peto_peto_chi_square")
    # survdiff(rho = 1) of R.
    assert plain.value == pytest.approx(14.4571508187)
    assert (plain.method, plain.convention["weights"]) == (
        "Peto-Peto", "survival just before the event",
    )  # fmt: skip
    assert _find(rows, contrast, "logrank_chi_square").convention["weights"] == "none"
    stratified = _find(rows, contrast, "stratified_peto_peto_chi_square")
    assert (stratified.method, stratified.convention["strata"]) == ("stratified Peto-Peto", 21)
    p, one = (_find(rows, contrast, f"peto_peto_p_{sides}_sided") for sides in ("two", "one"))
    assert p.value is not None
    assert one.value == pytest.approx(p.value / 2)
    assert one.convention["direction"] == "positive: fewer events than expected in 6-MP"


def test_only_the_tests_of_the_plan_are_run() -> None:
    rows = _rows(freireich(), plan(tests=(SurvivalTest.LOGRANK,)))
    assert not [row for row in rows if row.statistic.startswith("stratified")]
    assert not [row for row in _rows(freireich(), plan(tests=())) if row.contrast]


def test_a_negative_time_and_an_unknown_arm_stop_the_analysis() -> None:
    with pytest.raises(ObservationError, match="subject 7"):
        _rows([Observation("7", "a", "", -1, event=True)], PLAN_AB)
    with pytest.raises(ObservationError, match="subject 8"):
        _rows([Observation("8", "c", "", 1, event=True)], PLAN_AB)
    counts = count([Observation("8", "c", "", 1, event=True)], ("c",))
    with pytest.raises(ValueError, match="unknown arm 'c'"):
        analyse_counts(counts, PLAN_AB, OwnEngine(), EngineCheck())


def test_engines_that_disagree_give_no_rows() -> None:
    check = EngineCheck()
    with pytest.raises(EngineDisagreement, match=r"Kaplan-Meier S\(t\)"):
        analyse(freireich(), plan(), WrongEngine(), check)
    assert "disagrees" in json.dumps(check.to_json(OutputClass.CLOSED))


class SmoothingEngine(OwnEngine):
    """Moves the cumulative hazard as the library does unless it is told not to."""

    def kaplan_meier(
        self, table: LifeTable, level: float, quantiles: Sequence[float]
    ) -> EngineCurve:
        found = super().kaplan_meier(table, level, quantiles)
        return replace(found, hazard=found.hazard + 1e-9)


def test_engines_that_disagree_about_the_hazard_give_no_rows() -> None:
    with pytest.raises(EngineDisagreement, match=r"Nelson-Aalen H\(t\)"):
        analyse(freireich(), plan(), SmoothingEngine(), EngineCheck())


@given(trials(), st.randoms(use_true_random=False))
def test_permuted_rows_give_the_same_bytes(observations: list[Observation], random: Random) -> None:
    shuffled = list(observations)
    random.shuffle(shuffled)
    assert _text(_rows(shuffled, PLAN_AB)) == _text(_rows(observations, PLAN_AB))


@given(trials(), st.integers(0, 40))
def test_added_shards_give_the_rows_of_the_whole(observations: list[Observation], cut: int) -> None:
    shards = [count(part, ("a", "b")) for part in (observations[:cut], observations[cut:])]
    added = analyse_counts(shards[0] + shards[1], PLAN_AB, OwnEngine(), EngineCheck()).rows
    assert _text(added) == _text(_rows(observations, PLAN_AB))


@given(trials(), st.sampled_from([2, 7, 64]))
def test_scaled_times_scale_the_quantiles_and_leave_the_tests(
    observations: list[Observation], factor: int
) -> None:
    scaled = [replace(seen, time=seen.time * factor) for seen in observations]
    before, after = (_rows(data, replace(PLAN_AB, landmarks=())) for data in (observations, scaled))
    for row, other in zip(before, after, strict=True):
        if row.unit == "weeks":
            values, others = ((r.value, r.lower, r.upper) for r in (row, other))
            assert others == pytest.approx(
                tuple(None if value is None else value * factor for value in values)
            )
        else:
            assert row.value == other.value


@given(trials())
def test_limits_contain_the_estimate(observations: list[Observation]) -> None:
    for row in _rows(observations, PLAN_AB):
        if row.value is not None and row.lower is not None:
            assert row.lower <= row.value + 1e-12
        if row.value is not None and row.upper is not None:
            assert row.value <= row.upper + 1e-12
