import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.life_table import Before, LifeTable
from services.analytics.domain.observations import Observation, count
from tests.services.analytics.cases import table, trials


def test_who_is_censored_on_the_day_of_an_event_is_at_risk_on_it() -> None:
    made = table(3, 5, "5+", "8+")
    assert made.times.tolist() == [3.0, 5.0, 8.0]
    assert made.events.tolist() == [1, 1, 0]
    assert made.censored.tolist() == [0, 1, 1]
    assert made.at_risk.tolist() == [4, 3, 1]


def test_numbers_under_a_tick_count_what_lies_strictly_before_it() -> None:
    made = table(3, 5, "5+", "8+")
    assert made.before(0) == Before(at_risk=4, censored=0, events=0)
    assert made.before(5) == Before(at_risk=3, censored=0, events=1)
    assert made.before(5.5) == Before(at_risk=1, censored=1, events=2)
    assert made.before(9) == Before(at_risk=0, censored=2, events=2)


def test_numbers_at_times_not_observed_here() -> None:
    made = table(3, 5, "5+", "8+")
    times = np.array([1.0, 3.0, 4.0, 8.0, 9.0])
    assert made.at_risk_at(times).tolist() == [4, 4, 3, 1, 0]
    assert made.events_at(times).tolist() == [0, 1, 0, 0, 0]


def test_a_group_without_subjects_has_an_empty_table() -> None:
    made = LifeTable.of(())
    assert (made.n, made.n_events) == (0, 0)
    assert made.before(3) == Before(0, 0, 0)
    assert made.at_risk_at(np.array([1.0])).tolist() == [0]
    assert made.events_at(np.array([1.0])).tolist() == [0]


@settings(deadline=None)
@given(trials(), st.floats(0, 20))
def test_at_risk_censored_and_events_sum_to_the_group(
    observations: list[Observation], time: float
) -> None:
    made = LifeTable.of(count(observations, ("a", "b")).cells)
    shown = made.before(time)
    assert shown.at_risk + shown.censored + shown.events == made.n == len(observations)
    assert shown.at_risk == sum(float(seen.time) >= time for seen in observations)
