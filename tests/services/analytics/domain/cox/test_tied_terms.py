"""Few terms stand for many where many events are tied, and the sums are the same."""

import numpy as np
import pytest

from services.analytics.domain.cox.model import cox
from services.analytics.domain.cox.partial_likelihood import PartialLikelihood, Ties
from services.analytics.domain.cox.tied_terms import tied_terms
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.observations import Count

RATIO = np.array([1.0, 0.37])


@pytest.mark.parametrize("share", [0.001, 0.02, 0.2, 0.6, 0.95])
def test_sums_over_the_terms_are_those_of_all_of_them(share: float) -> None:
    at_risk = np.array([[20_000.0, 50_000.0]])
    events = np.floor(at_risk * share * np.array([1.0, 0.4]))
    deaths = int(events.sum())
    where, gone, counted = tied_terms(events, at_risk)
    assert where.tolist() == [0] * where.size
    assert where.size in {4, 6, 10, 32}
    assert counted.sum() == pytest.approx(deaths, rel=1e-12)

    def share_of(part: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        left = (at_risk[0] - part[:, None] * events[0]) * RATIO
        return left[:, 1] / left.sum(axis=1)

    whole = np.arange(deaths) / deaths
    every, few = share_of(whole), share_of(gone)
    assert counted @ few == pytest.approx(every.sum(), rel=1e-12)
    assert counted @ (few * (1 - few)) == pytest.approx((every * (1 - every)).sum(), rel=1e-12)


@pytest.mark.parametrize(("events", "at_risk"), [([8, 4], [90, 90]), ([500, 3], [500, 9])])
def test_few_events_and_a_day_on_which_an_arm_ends_keep_every_term(
    events: list[float], at_risk: list[float]
) -> None:
    _, gone, counted = tied_terms(np.array([events], float), np.array([at_risk], float))
    deaths = int(sum(events))
    assert gone.tolist() == pytest.approx((np.arange(deaths) / deaths).tolist())
    assert set(counted) == {1.0}


def test_a_model_of_many_ties_is_that_of_every_term(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [
        Count(arm, "", float(day), 40 + 7 * day * (arm == "a"), 5)
        for arm in ("a", "b") for day in range(1, 6)
    ]  # fmt: skip
    strata = [[LifeTable.of(c for c in cells if c.arm == arm) for arm in ("b", "a")]]
    few = cox(strata)
    assert PartialLikelihood.of(strata, Ties.EFRON).risk.shape[0] < 200
    monkeypatch.setattr("services.analytics.domain.cox.tied_terms._RULES", ())
    every = cox(strata)
    assert PartialLikelihood.of(strata, Ties.EFRON).risk.shape[0] == sum(c.events for c in cells)
    assert few.coefficients[0].value == pytest.approx(every.coefficients[0].value, rel=1e-11)
    error = every.coefficients[0].standard_error
    assert few.coefficients[0].standard_error == pytest.approx(error, rel=1e-11)
    assert few.log_likelihood == pytest.approx(every.log_likelihood, rel=1e-12)
    assert few.score.statistic == pytest.approx(every.score.statistic, rel=1e-10)


def test_terms_come_by_event_time() -> None:
    events = np.array([[2.0, 0.0], [100.0, 90.0], [1.0, 1.0], [400.0, 2.0]])
    at_risk = np.array([[900.0, 800.0], [850.0, 700.0], [500.0, 500.0], [450.0, 450.0]])
    where, _, counted = tied_terms(events, at_risk)
    assert np.all(np.diff(where) >= 0)
    sums = np.bincount(where, weights=counted)
    assert sums.tolist() == pytest.approx(events.sum(axis=1).tolist())
