"""Closed forms computed by hand for at most six subjects."""

import math

import pytest
from hypothesis import given, settings

from services.analytics.domain.life_table import LifeTable
from services.analytics.domain.logrank import NO_EVENTS, EventWeights, logrank
from services.analytics.domain.observations import Count, Counts, Observation, count
from services.analytics.domain.score_test import NO_COMPARISON, NO_VARIANCE
from tests.services.analytics.cases import table, trials

EMPTY = LifeTable.of(())


def test_expected_events_and_variance_by_hand() -> None:
    test = logrank([[table(1, 3), table(2, "4+")]])
    # day 1: 2 of 4 in the first arm; day 2: 1 of 3; day 3: 1 of 2.
    assert test.observed.tolist() == [2.0, 1.0]
    assert test.expected[0] == pytest.approx(1 / 2 + 1 / 3 + 1 / 2)
    assert test.variance[0, 0] == pytest.approx(1 / 4 + 2 / 9 + 1 / 4)
    assert test.chi_square == pytest.approx((2 - 4 / 3) ** 2 / (13 / 18))
    assert test.degrees_of_freedom == 1


def test_tied_events_take_the_hypergeometric_variance() -> None:
    test = logrank([[table(5, "9+", "9+"), table(5, "9+")]])
    # Two of five at once, three of five in the first arm.
    assert test.expected[0] == pytest.approx(6 / 5)
    assert test.variance[0, 0] == pytest.approx(2 * 3 / 4 * (3 / 5) * (2 / 5))


def test_strata_add_what_each_expects() -> None:
    first, second = [table(1, 3), table(2, "4+")], [table(5, "9+", "9+"), table(5, "9+")]
    whole, parts = logrank([first, second]), [logrank([first]), logrank([second])]
    assert whole.expected == pytest.approx(parts[0].expected + parts[1].expected)
    assert whole.variance == pytest.approx(parts[0].variance + parts[1].variance)


def test_peto_peto_weighs_an_event_by_the_survival_of_all_just_before_it() -> None:
    test = logrank([[table(1, 3), table(2, "4+")]], EventWeights.PETO_PETO)
    # Survival of the four together: 1 before day 1, 3/4 before day 2, 1/2 before day 3.
    assert test.observed.tolist() == pytest.approx([1 + 1 / 2, 3 / 4])
    assert test.expected[0] == pytest.approx(1 / 2 + 3 / 4 * 1 / 3 + 1 / 2 * 1 / 2)
    assert test.variance[0, 0] == pytest.approx(1 / 4 + 9 / 16 * 2 / 9 + 1 / 4 * 1 / 4)


def test_peto_peto_takes_the_survival_of_each_stratum() -> None:
    first, second = [table(1, 3), table(2, "4+")], [table(5, "9+", "9+"), table(5, 7)]
    whole = logrank([first, second], EventWeights.PETO_PETO)
    parts = [logrank([part], EventWeights.PETO_PETO) for part in (first, second)]
    assert whole.expected == pytest.approx(parts[0].expected + parts[1].expected)


def test_the_rows_of_a_test_name_its_weights_its_sides_and_its_direction() -> None:
    test = logrank([[table(1, 3), table(2, "4+")]], EventWeights.PETO_PETO)
    rows = {row.name: row for row in test.statistics(("control", "drug"), favoured="drug")}
    assert list(rows) == ["chi_square", "p_two_sided", "z", "p_one_sided"]
    assert {row.method for row in rows.values()} == {"Peto-Peto test"}
    assert (rows["p_two_sided"].convention["sides"], rows["z"].convention["sides"]) == (2, 1)
    assert rows["z"].convention["direction"] == "positive: fewer events than expected in drug"
    assert rows["z"].estimate.value == test.z(1)


def test_without_a_test_every_row_of_it_has_the_reason() -> None:
    rows = logrank([[table("1+"), table("2+")]]).statistics(("a", "b"), favoured="a")
    assert [row.estimate.reason for row in rows] == [NO_EVENTS] * 4


def test_only_one_of_two_arms_can_be_favoured() -> None:
    with pytest.raises(ValueError, match="not in list"):
        logrank([[table(1), table(2)]]).statistics(("a", "b"), favoured="c")
    with pytest.raises(ValueError, match="exactly two"):
        logrank([[table(1), table(2), table(3)]]).statistics(("a", "b", "c"), favoured="a")


def test_three_arms_have_two_degrees_of_freedom() -> None:
    test = logrank([[table(1), table(2), table(3)]])
    assert test.degrees_of_freedom == 2
    o_minus_e = test.observed - test.expected
    assert o_minus_e.tolist() == pytest.approx([1 - 1 / 3, 1 - 1 / 3 - 1 / 2, 1 - 1 / 3 - 3 / 2])
    v = [[2 / 9, -1 / 9], [-1 / 9, 2 / 9 + 1 / 4]]
    determinant = v[0][0] * v[1][1] - v[0][1] ** 2
    a, b = 2 / 3, 1 / 6
    by_hand = (a * a * v[1][1] - 2 * a * b * v[0][1] + b * b * v[0][0]) / determinant
    assert test.chi_square == pytest.approx(by_hand)


def test_z_is_positive_for_the_arm_with_fewer_events_than_expected() -> None:
    test = logrank([[table(1, 2, 3), table("7+", 8, "9+")]])
    z = test.z(1)
    assert z is not None
    assert z > 0
    assert z == pytest.approx(math.sqrt(test.chi_square or 0))
    assert test.z(0) == pytest.approx(-z)
    assert test.p_one_sided(1) == pytest.approx((test.p_two_sided or 0) / 2)
    assert test.p_one_sided(0) == pytest.approx(1 - (test.p_two_sided or 0) / 2)


def test_z_needs_two_arms() -> None:
    with pytest.raises(ValueError, match="exactly two"):
        logrank([[table(1), table(2), table(3)]]).z(0)


@pytest.mark.parametrize(
    ("arms", "reason"),
    [
        ([EMPTY, EMPTY], NO_EVENTS),
        ([table("1+"), table("2+")], NO_EVENTS),
        ([table(1, 2), EMPTY], NO_COMPARISON),
        ([table("1+", "1+"), table(2, 3)], NO_COMPARISON),
        ([table(1), table(1)], NO_VARIANCE),
    ],
)
def test_where_no_test_is_possible_the_reason_is_given(arms: list[LifeTable], reason: str) -> None:
    test = logrank([arms])
    assert (test.chi_square, test.degrees_of_freedom, test.reason) == (None, 0, reason)
    assert (test.p_two_sided, test.z(0), test.p_one_sided(0)) == (None, None, None)


def test_an_arm_without_subjects_leaves_the_test_of_the_others() -> None:
    pair = [table(1, 3), table(2, "4+")]
    with_empty, without = logrank([[*pair, EMPTY]]), logrank([pair])
    assert with_empty.chi_square == pytest.approx(without.chi_square)
    assert with_empty.degrees_of_freedom == 1


def test_arms_that_never_share_a_stratum_lose_a_degree_of_freedom() -> None:
    first, second = [table(1, 3), table(2, "4+")], [table(5, "9+", "9+"), table(5, "9+")]
    test = logrank([[*first, EMPTY, EMPTY], [EMPTY, EMPTY, *second]])
    assert test.degrees_of_freedom == 2
    separate = [logrank([first]).chi_square, logrank([second]).chi_square]
    assert test.chi_square == pytest.approx(sum(x or 0 for x in separate))


def _tables(counts: Counts, arms: tuple[str, ...]) -> list[list[LifeTable]]:
    return [
        [LifeTable.of(counts.of_stratum(stratum).of_arm(arm).cells) for arm in arms]
        for stratum in counts.strata
    ]


@settings(deadline=None)
@given(trials(least=1))
def test_swapping_arms_keeps_chi_square_and_negates_z(observations: list[Observation]) -> None:
    counts = count(observations, ("a", "b"))
    one, other = (logrank(_tables(counts, arms)) for arms in (("a", "b"), ("b", "a")))
    assert one.reason == other.reason
    if one.chi_square is not None:
        assert one.chi_square == pytest.approx(other.chi_square, rel=1e-9, abs=1e-12)
        assert one.z(0) == pytest.approx(-(other.z(0) or 0), rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(trials(least=1), trials(arms=("a",), least=1))
def test_a_stratum_of_one_arm_changes_nothing(
    observations: list[Observation], alone: list[Observation]
) -> None:
    counts = count(observations, ("a", "b"))
    more = counts + Counts.of(
        Count("a", "alone", cell.time, cell.events, cell.censored)
        for cell in count(alone, ("a",)).cells
    )
    without, with_it = (logrank(_tables(c, ("a", "b"))) for c in (counts, more))
    if without.chi_square is None:
        assert with_it.chi_square is None
    else:
        assert with_it.chi_square == pytest.approx(without.chi_square, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(trials(arms=("a", "b", "c"), least=1))
def test_observed_and_expected_events_have_the_same_sum(observations: list[Observation]) -> None:
    counts = count(observations, ("a", "b", "c"))
    test = logrank(_tables(counts, ("a", "b", "c")))
    assert test.expected.sum() == pytest.approx(test.observed.sum())
    assert test.variance.sum() == pytest.approx(0, abs=1e-9)
    if test.chi_square is not None:
        assert test.chi_square >= 0
        assert 0 <= (test.p_two_sided or 0) <= 1
