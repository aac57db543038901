from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.observations import (
    Count,
    Counts,
    Observation,
    ObservationError,
    count,
)
from tests.services.analytics.cases import trials

ARMS = ("a", "b")


def test_events_and_censorings_of_one_day_are_counted_together() -> None:
    counts = count(
        [
            Observation("1", "a", "x", 5, event=True),
            Observation("2", "a", "x", 5, event=False),
            Observation("3", "a", "x", 5, event=True),
            Observation("4", "b", "x", 5, event=True),
            Observation("5", "a", "y", 5, event=True),
        ],
        ARMS,
    )
    assert counts.cells == (
        Count("a", "x", 5.0, 2, 1),
        Count("a", "y", 5.0, 1, 0),
        Count("b", "x", 5.0, 1, 0),
    )
    assert (counts.n, counts.events, counts.strata) == (5, 4, ("x", "y"))


@pytest.mark.parametrize("time", [-1, -0.5, Decimal("-0.1")])
def test_a_negative_time_names_the_subject(time: int | float | Decimal) -> None:
    with pytest.raises(ObservationError, match=r"subject 0107: negative time"):
        count([Observation("0107", "a", "", time, event=True)], ARMS)


@pytest.mark.parametrize("time", [float("nan"), float("inf"), Decimal("NaN")])
def test_a_time_that_is_no_number_names_the_subject(time: float | Decimal) -> None:
    with pytest.raises(ObservationError, match=r"subject 0107: time is not a finite number"):
        count([Observation("0107", "a", "", time, event=True)], ARMS)


def test_an_unknown_arm_names_the_subject_and_the_arm() -> None:
    with pytest.raises(ObservationError, match=r"subject 0108: unknown arm 'c'"):
        count([Observation("0108", "c", "", 1, event=True)], ARMS)


def test_a_subject_that_appears_twice_is_refused() -> None:
    twice = [Observation("0109", "a", "", 1, event=True)] * 2
    with pytest.raises(ObservationError, match=r"subject 0109: appears more than once"):
        count(twice, ARMS)


def test_of_several_faults_the_first_subject_is_named_whatever_the_order() -> None:
    faulty = [Observation(name, "c", "", 1, event=True) for name in ("3", "1", "2")]
    with pytest.raises(ObservationError) as caught:
        count(faulty, ARMS)
    assert caught.value.subject == "1"


def test_a_cell_from_the_database_with_a_negative_time_or_count_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        Count("a", "", -1.0, 1, 0)
    with pytest.raises(ValueError, match="must not be negative"):
        Count("a", "", 1.0, -1, 0)


def test_the_inputs_hash_is_that_of_the_canonical_json() -> None:
    counts = count([Observation("1", "a", "x", 7, event=True)], ARMS)
    # printf '[["a","x",7,1,0]]' | sha256sum
    expected = "5da6551ec51f46165815391b412142e7091370c5315f630ed631e818ab8f019d"
    assert counts.inputs_hash == expected


def test_a_day_hashes_the_same_as_int_float_or_decimal() -> None:
    times = (7, 7.0, Decimal(7), Decimal("7.00"))
    hashes = {
        count([Observation("1", "a", "", time, event=True)], ARMS).inputs_hash for time in times
    }
    assert len(hashes) == 1


@pytest.mark.parametrize(
    "other",
    [
        Observation("1", "b", "x", 7, event=True),
        Observation("1", "a", "y", 7, event=True),
        Observation("1", "a", "x", 8, event=True),
        Observation("1", "a", "x", 7, event=False),
    ],
)
def test_any_change_of_the_counts_changes_the_hash(other: Observation) -> None:
    first = Observation("1", "a", "x", 7, event=True)
    assert count([first], ARMS).inputs_hash != count([other], ARMS).inputs_hash


@settings(deadline=None)
@given(trials(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(observations: list[Observation], random: Random) -> None:
    shuffled = list(observations)
    random.shuffle(shuffled)
    assert count(shuffled, ARMS) == count(observations, ARMS)


@settings(deadline=None)
@given(trials(), st.integers(0, 40))
def test_shards_add_up_to_the_whole(observations: list[Observation], cut: int) -> None:
    first, second = count(observations[:cut], ARMS), count(observations[cut:], ARMS)
    assert first + second == count(observations, ARMS)
    assert second + first == first + second


@settings(deadline=None)
@given(trials())
def test_pooled_counts_keep_every_subject_and_no_label(observations: list[Observation]) -> None:
    counts = count(observations, ARMS)
    pooled = counts.pooled()
    assert (pooled.n, pooled.events) == (counts.n, counts.events)
    assert {(cell.arm, cell.stratum) for cell in pooled.cells} <= {("", "")}
    assert pooled == Counts.of(pooled.cells)
