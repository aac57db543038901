"""Closed forms computed by hand for at most six subjects, and what holds for any data."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.cox.connection import MONOTONE_LIKELIHOOD
from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import Ties
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import NO_EVENTS, logrank
from services.analytics.domain.observations import Count, Counts, Observation, count
from services.analytics.domain.score_test import NO_COMPARISON
from tests.services.analytics.cases import freireich, table, trials

EMPTY = LifeTable.of(())


def tables(counts: Counts, arms: tuple[str, ...]) -> list[list[LifeTable]]:
    return [
        [LifeTable.of(counts.of_stratum(stratum).of_arm(arm).cells) for arm in arms]
        for stratum in counts.strata
    ]


def test_the_hazard_ratio_solves_the_score_equation() -> None:
    # Days 1, 2, 3: 2h/(2+2h) + 2h/(1+2h) + h/(1+h) = 1, that is 4 h^2 + h - 1 = 0.
    found = cox([[table(1, 3), table(2, "4+")]]).coefficients[0]
    ratio = (math.sqrt(17) - 1) / 8
    assert found.hazard_ratio(0.95).value == pytest.approx(ratio)
    one, two = ratio / (1 + ratio), 2 * ratio / (1 + 2 * ratio)
    information = 2 * one * (1 - one) + two * (1 - two)
    assert found.standard_error == pytest.approx(1 / math.sqrt(information))


def test_breslow_takes_one_risk_set_for_all_events_of_a_day() -> None:
    model = cox([[table(5, 5, "9+"), table(5, "9+", "9+")]], Ties.BRESLOW)
    # Three times the share 3h / (3 + 3h) must be one event.
    assert model.coefficients[0].hazard_ratio(0.95).value == pytest.approx(1 / 2)
    assert model.null_log_likelihood == pytest.approx(-3 * math.log(6))


def test_efron_takes_the_events_of_a_day_out_of_the_risk_set_in_equal_parts() -> None:
    model = cox([[table(5, 5, "9+"), table(5, "9+", "9+")]], Ties.EFRON)
    assert model.null_log_likelihood == pytest.approx(-math.log(6 * 5 * 4))
    h = model.coefficients[0].hazard_ratio(0.95).value
    assert h is not None
    risk = [(3, 3), (3 - 2 / 3, 3 - 1 / 3), (3 - 4 / 3, 3 - 2 / 3)]
    assert sum(b * h / (a + b * h) for a, b in risk) == pytest.approx(1)


def test_pairs_as_strata_give_the_ratio_of_the_pairs_won() -> None:
    counts = count(freireich(), ("control", "6-MP"))
    model = cox(tables(counts, ("control", "6-MP")))
    assert model.coefficients[0].value == pytest.approx(-math.log(6))  # 18 pairs to 3
    assert model.coefficients[0].standard_error == pytest.approx(math.sqrt(1 / 18 + 1 / 3))


@pytest.mark.parametrize(
    ("arms", "reason"),
    [
        ([table("7+", "8+"), table(1, 2)], MONOTONE_LIKELIHOOD),  # no event in the reference
        ([table(1, 2), table("7+", "8+")], MONOTONE_LIKELIHOOD),
        ([table(1, 2), table(3, 4)], MONOTONE_LIKELIHOOD),  # nobody left to compare
        ([table("1+", "1+"), table(2, 3)], NO_COMPARISON),
        ([table("1+"), table("2+")], NO_COMPARISON),
        ([table(1, 2), EMPTY], NO_COMPARISON),
        ([EMPTY, EMPTY], NO_COMPARISON),
    ],
)
def test_without_a_finite_maximum_there_is_no_hazard_ratio_but_a_reason(
    arms: list[LifeTable], reason: str
) -> None:
    model = cox([arms])
    found = model.coefficients[0]
    assert (found.value, found.standard_error, found.reason) == (None, None, reason)
    assert found.hazard_ratio(0.95).reason == reason
    assert found.p_two_sided is None
    assert (model.log_likelihood, model.wald.p, model.likelihood_ratio.p) == (None, None, None)


def test_the_score_test_stands_where_the_hazard_ratio_is_infinite() -> None:
    strata = [[table("7+", "8+", "9+"), table(1, 2, 3)]]
    assert cox(strata).score.statistic == pytest.approx(logrank(strata).chi_square)


def test_without_events_there_is_no_score_test() -> None:
    assert cox([[table("1+"), table("2+")]]).score.reason == NO_EVENTS


def test_an_arm_without_a_hazard_ratio_leaves_those_of_the_others() -> None:
    pair = [table(1, 3), table(2, "4+")]
    model = cox([[*pair, table("8+", "9+")]])
    assert model.coefficients[1].reason == MONOTONE_LIKELIHOOD
    assert model.coefficients[0].value == pytest.approx(cox([pair]).coefficients[0].value)
    assert model.likelihood_ratio.reason == MONOTONE_LIKELIHOOD
    assert model.score.degrees_of_freedom == 2


def test_an_arm_never_at_risk_at_an_event_takes_no_part_in_the_tests() -> None:
    pair = [table(1, 3), table(2, "4+")]
    model, alone = cox([[*pair, table("0+")]]), cox([pair])
    assert model.coefficients[1].reason == NO_COMPARISON
    assert model.likelihood_ratio.statistic == pytest.approx(alone.likelihood_ratio.statistic)
    assert model.wald.degrees_of_freedom == 1


def test_too_few_events_by_rule_give_no_hazard_ratio_and_say_how_many_are_asked() -> None:
    strata = [[table(1, 3), table(2, "4+")]]
    found = cox(strata, minimum_events=2).coefficients[0]
    assert (found.value, found.reason) == (None, "fewer than 2 events in an arm")
    assert cox(strata, minimum_events=1).coefficients[0].value is not None


def test_the_rows_of_a_model_name_its_ties_and_its_reference() -> None:
    rows = cox([[table(1, 3), table(2, "4+")]]).statistics(("control", "drug"), 0.95)
    assert [row.name for row in rows] == [
        "hazard_ratio",
        "wald_p_two_sided",
        "score_p_two_sided",
        "likelihood_ratio_p_two_sided",
    ]
    assert rows[0].convention["ties"] == "efron"
    assert (rows[0].convention["arm"], rows[0].convention["reference"]) == ("drug", "control")
    none = cox([[table(1, 2), EMPTY]]).statistics(("control", "drug"), 0.95)
    assert {row.estimate.reason for row in none} == {NO_COMPARISON}


@settings(deadline=None)
@given(trials(least=1), st.sampled_from(list(Ties)))
def test_swapping_arms_inverts_the_hazard_ratio(
    observations: list[Observation], ties: Ties
) -> None:
    counts = count(observations, ("a", "b"))
    one, other = (cox(tables(counts, arms), ties) for arms in (("a", "b"), ("b", "a")))
    first, second = one.coefficients[0], other.coefficients[0]
    assert first.reason == second.reason
    if first.value is not None:
        assert first.value == pytest.approx(-(second.value or 0.0), abs=1e-9)
        assert first.standard_error == pytest.approx(second.standard_error, rel=1e-8)


@settings(deadline=None)
@given(trials(arms=("a", "b", "c"), least=1), st.sampled_from(list(Ties)))
def test_any_data_give_a_maximum_of_the_likelihood_or_a_reason(
    observations: list[Observation], ties: Ties
) -> None:
    model = cox(tables(count(observations, ("a", "b", "c")), ("a", "b", "c")), ties)
    for found in model.coefficients:
        ratio = found.hazard_ratio(0.95)
        assert (ratio.value is None) == (ratio.reason is not None)
        if ratio.value is not None and ratio.lower is not None and ratio.upper is not None:
            assert 0 < ratio.lower < ratio.value < ratio.upper
    if model.log_likelihood is not None:
        assert model.log_likelihood >= model.null_log_likelihood - 1e-9


@settings(deadline=None)
@given(st.lists(st.booleans(), min_size=2, max_size=12), st.data())
def test_without_ties_the_score_test_is_the_logrank_test(
    events: list[bool], data: st.DataObject
) -> None:
    arms = data.draw(st.lists(st.sampled_from("ab"), min_size=len(events), max_size=len(events)))
    observations = [
        Observation(str(day), arm, "", day, event)
        for day, (arm, event) in enumerate(zip(arms, events, strict=True))
    ]
    strata = tables(count(observations, ("a", "b")), ("a", "b"))
    test, model = logrank(strata), cox(strata)
    if test.chi_square is None:
        assert model.score.statistic is None
    else:
        assert model.score.statistic == pytest.approx(test.chi_square, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(trials(least=1), trials(arms=("a",), least=1))
def test_a_stratum_of_one_arm_changes_no_hazard_ratio(
    observations: list[Observation], alone: list[Observation]
) -> None:
    counts = count(observations, ("a", "b"))
    more = counts + Counts.of(
        Count("a", "alone", cell.time, cell.events, cell.censored)
        for cell in count(alone, ("a",)).cells
    )
    without, with_it = (cox(tables(c, ("a", "b"))).coefficients[0] for c in (counts, more))
    if without.value is None:
        assert with_it.value is None
    else:
        assert with_it.value == pytest.approx(without.value, abs=1e-9)
        assert with_it.standard_error == pytest.approx(without.standard_error, rel=1e-8)


@settings(deadline=None)
@given(trials(least=1), st.integers(0, 9))
def test_only_the_order_of_the_times_matters_to_a_hazard_ratio(
    observations: list[Observation], delay: int
) -> None:
    later = [replace(each, time=each.time**2 + delay) for each in observations]
    one, other = (
        cox(tables(count(each, ("a", "b")), ("a", "b"))) for each in (observations, later)
    )
    assert one == other


def test_counts_hold_many_tied_events_to_the_precision_of_few() -> None:
    # A thousand copies of three days: the ratio of the limit is h = 1 by symmetry.
    cells = [Count(arm, "", day, 1000, 0) for arm in "ab" for day in (1, 2, 3)]
    pair = [LifeTable.of(cell for cell in cells if cell.arm == arm) for arm in "ab"]
    found = cox([pair]).coefficients[0]
    assert found.value == pytest.approx(0, abs=1e-12)
    assert np.isfinite(found.standard_error or math.nan)


def test_an_arm_of_one_subject_among_thousands_has_its_hazard_ratio() -> None:
    # The one has the second of two events: h/(m + 1 + h) + h/(m + h) = 1, so h = sqrt(m (m + 1)).
    m = 5000
    many = LifeTable.of([Count("a", "", 1, 1, 0), Count("a", "", 3, 0, m)])
    found = cox([[many, table(2)]]).coefficients[0].hazard_ratio(0.95)
    assert found.value == pytest.approx(math.sqrt(m * (m + 1)))
