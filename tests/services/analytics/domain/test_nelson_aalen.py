"""The cumulative hazard: closed forms for at most six subjects, R's answers, its properties."""

import math

import pytest
from hypothesis import given

from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.kaplan_meier import PAST_LAST, kaplan_meier
from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.nelson_aalen import nelson_aalen
from services.analytics.domain.observations import Observation, count
from tests.services.analytics.cases import MERCAPTOPURINE_WEEKS, table, trials


def test_each_day_adds_the_share_of_those_at_risk_that_had_the_event() -> None:
    found = nelson_aalen(table(1, "2+", 3, 3, "5+", 6))
    # One of six, two of four on one day, one of one.
    assert found.at(0.5) == Estimate(0.0)
    assert found.at(2).value == pytest.approx(1 / 6)
    assert found.at(4).value == pytest.approx(1 / 6 + 2 / 4)
    assert found.at(6).value == pytest.approx(1 / 6 + 2 / 4 + 1)
    variance = 1 / 36 + 2 / 16
    assert found.standard_error_at(4).value == pytest.approx(math.sqrt(variance))


def test_nothing_is_said_past_the_last_observed_time_nor_of_nobody() -> None:
    for times in ((1, "2+"), (1, 2)):
        found = nelson_aalen(table(*times))
        assert found.at(2).value is not None
        assert found.at(2.5) == found.standard_error_at(2.5) == Estimate(None, reason=PAST_LAST)
    assert nelson_aalen(LifeTable.of(())).at(0) == Estimate(None, reason=NO_SUBJECTS)


def test_it_gives_the_answers_of_r() -> None:
    # survival 3.5-3: summary(survfit(Surv(t, e) ~ 1), times = c(70, 140)), cumhaz and std.chaz.
    found = nelson_aalen(table(*MERCAPTOPURINE_WEEKS))
    for week, hazard, error in (
        (10, 0.2683473389356, 0.1212739590569),
        (20, 0.4425897631780, 0.1729632342427),
    ):
        assert found.at(week).value == pytest.approx(hazard, rel=1e-12)
        assert found.standard_error_at(week).value == pytest.approx(error, rel=1e-12)


@given(trials())
def test_it_rises_never_above_the_logarithm_of_survival(observations: list[Observation]) -> None:
    group = LifeTable.of(count(observations, ("a", "b")).cells)
    found, curve = nelson_aalen(group), kaplan_meier(group, 0.95)
    before = 0.0
    for time, survival in zip(group.times, curve.survival, strict=True):
        hazard = found.at(float(time)).value
        assert hazard is not None
        # 1 - x <= exp(-x): the product limit is the smaller of the two estimates of survival.
        assert survival <= math.exp(-hazard) + 1e-12
        assert hazard >= before
        before = hazard
