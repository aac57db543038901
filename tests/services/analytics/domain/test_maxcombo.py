"""Fleming-Harrington tests and the largest of several of them."""

import numpy as np
import pytest
from hypothesis import given
from lifelines.statistics import logrank_test
from scipy.stats import multivariate_normal

from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import NO_EVENTS, EventWeights, logrank
from services.analytics.domain.maxcombo import maxcombo
from services.analytics.domain.observations import Observation, count
from tests.services.analytics.cases import freireich, table, trials

LOGRANK = EventWeights()
LATE, EARLY, MIDDLE = EventWeights(0, 1), EventWeights(1, 0), EventWeights(1, 1)
ARMS = ("control", "6-MP")


def strata(*, stratified: bool = False) -> list[list[LifeTable]]:
    counts = count(freireich(), ARMS)
    parts = [counts.of_stratum(each) for each in counts.strata] if stratified else [counts]
    return [[LifeTable.of(part.of_arm(arm).cells) for arm in ARMS] for part in parts]


# survival 3.5-3: survdiff(Surv(time, event) ~ arm, rho), over pairs with + strata(pair).
@pytest.mark.parametrize(
    ("rho", "plain"), [(0.0, 16.792940989217), (0.5, 15.706393353609), (1.0, 14.457150818717)]
)
def test_powers_of_survival_give_the_answers_of_r(rho: float, plain: float) -> None:
    weights = EventWeights(rho, 0)
    assert logrank(strata(), weights).chi_square == pytest.approx(plain, rel=1e-10)
    # A pair has one event with both at risk: it is the first, and counts 1 whatever rho.
    by_pair = logrank(strata(stratified=True), weights).chi_square
    assert by_pair == pytest.approx(10.714285714286, rel=1e-10)


@pytest.mark.parametrize("weights", [LATE, MIDDLE, EARLY, EventWeights(0.5, 0.5)])
def test_both_powers_give_the_answers_of_lifelines(weights: EventWeights) -> None:
    times = {arm: [each for each in freireich() if each.arm == arm] for arm in ARMS}
    first, second = (times[arm] for arm in ARMS)
    expected = logrank_test(
        [each.time for each in first], [each.time for each in second],
        [each.event for each in first], [each.event for each in second],
        weightings="fleming-harrington", p=weights.rho, q=weights.gamma,
    )  # fmt: skip
    found = logrank(strata(), weights).chi_square
    assert found == pytest.approx(expected.test_statistic, rel=1e-10)


def test_late_events_weigh_nothing_on_the_first_day_by_hand() -> None:
    found = logrank([[table(1, 3), table(2, "4+")]], LATE)
    # Survival before: 1, 3/4, 1/2; so the weights are 0, 1/4, 1/2.
    assert found.observed.tolist() == pytest.approx([1 / 2, 1 / 4])
    assert found.expected[0] == pytest.approx(1 / 4 * 1 / 3 + 1 / 2 * 1 / 2)
    assert found.variance[0, 0] == pytest.approx(1 / 16 * 2 / 9 + 1 / 4 * 1 / 4)


def test_of_one_weight_it_is_the_one_sided_test() -> None:
    found, alone = maxcombo(strata(), [LATE], 1), logrank(strata(), LATE)
    assert found.largest == pytest.approx(alone.z(1))
    assert found.p_one_sided == pytest.approx(alone.p_one_sided(1), rel=1e-6)
    assert found.p_two_sided == pytest.approx(alone.p_two_sided, rel=1e-6)


def test_the_p_is_that_of_the_joint_normal_distribution() -> None:
    weights = [LOGRANK, LATE, MIDDLE, EARLY]
    found = maxcombo([[table(1, 3, 5, "8+"), table(2, 4, "6+", 7, "9+")]], weights, 1)
    assert found.z is not None
    assert found.correlation is not None
    assert found.z.tolist() == pytest.approx(
        [logrank([[table(1, 3, 5, "8+"), table(2, 4, "6+", 7, "9+")]], w).z(1) for w in weights]
    )
    limit = [float(found.z.max())] * 4
    inside = multivariate_normal.cdf(
        limit, cov=found.correlation, allow_singular=True, abseps=1e-6, rng=3
    )
    assert found.p_one_sided == pytest.approx(1.0 - inside, abs=5e-5)


def test_early_and_late_weights_add_up_to_none() -> None:
    """S + (1 - S) = 1, so three of the tests are two: the correlation is short of rank."""
    found = maxcombo(strata(), [LOGRANK, EARLY, LATE], 1)
    assert found.correlation is not None
    assert np.linalg.matrix_rank(found.correlation, tol=1e-9) == 2
    assert found.p_one_sided is not None


@given(trials(least=2))
def test_it_lies_between_the_best_single_test_and_its_bound(data: list[Observation]) -> None:
    counts = count(data, ("a", "b"))
    both = [[LifeTable.of(counts.of_arm(arm).cells) for arm in ("a", "b")]]
    found = maxcombo(both, [LOGRANK, LATE], 1)
    if found.z is None:
        assert found.reason
        assert found.p_two_sided is None
        return
    singles = [logrank(both, weights).p_one_sided(1) for weights in (LOGRANK, LATE)]
    assert all(single is not None for single in singles)
    best = min(single for single in singles if single is not None)
    assert found.p_one_sided is not None
    assert best - 1e-7 <= found.p_one_sided <= 2 * best + 1e-7


def test_without_an_event_there_is_none_and_only_two_arms_are_compared() -> None:
    found = maxcombo([[table("1+"), table("2+")]], [LOGRANK, LATE], 1)
    assert (found.largest, found.p_one_sided, found.reason) == (None, None, NO_EVENTS)
    with pytest.raises(ValueError, match="two arms"):
        maxcombo([[table(1), table(2), table(3)]], [LOGRANK], 0)
