"""Counting enrolment by month, and who has a limit of its own."""

from hypothesis import given
from hypothesis import strategies as st

from services.randomization.domain import enrolment
from services.randomization.domain.balance import Given, arm_counts
from services.randomization.domain.enrolment import Randomized, Screened
from shared.study.base import Source
from shared.study.caps import Cap

MONTHS = st.builds("{:04d}-{:02d}".format, st.integers(2023, 2026), st.integers(1, 12))
COUNTS = st.integers(1, 50)
ASSUMED = Source(kind="assumed", note="test")


def cap(scope: str, limit: int, target: str | None = None) -> Cap:
    return Cap.model_validate(
        {"id": f"cap{limit}", "scope": scope, "target": target, "limit": limit, "source": ASSUMED}
    )


@given(
    st.lists(st.builds(Screened, st.just("S1"), MONTHS, COUNTS)),
    st.lists(st.builds(Randomized, st.just("S1"), st.just("CZ"), st.just("a=x"), MONTHS, COUNTS,
                       st.just(0))),
    MONTHS,
)  # fmt: skip
def test_months_follow_each_other_and_count_everybody_once(
    screened: list[Screened], randomized: list[Randomized], now: str
) -> None:
    months = enrolment.months(screened, randomized, now)
    assert bool(months) == bool(screened or randomized)
    names = [month.month for month in months]
    assert names == sorted(set(names))
    assert sum(month.screened for month in months) == sum(one.subjects for one in screened)
    total = sum(one.subjects for one in randomized)
    assert sum(month.randomized for month in months) == total
    if months:
        assert months[-1].cumulative == total
        assert names[-1] >= now
        years = int(names[-1][:4]) - int(names[0][:4])
        assert len(names) == years * 12 + int(names[-1][5:]) - int(names[0][5:]) + 1


def test_a_target_is_nothing_before_its_curve_and_everything_after_it() -> None:
    curve = {"2024-01": 3, "2024-02": 7}
    asked = ("2023-12", "2024-01", "2024-02", "2031-01")
    assert [enrolment.target_by(month, curve) for month in asked] == [0, 3, 7, 7]
    assert enrolment.target_by("2024-01", {}) == 0


def test_the_least_limit_that_is_its_own_counts() -> None:
    caps = [cap("site", 9), cap("site", 5, "S1"), cap("country", 2), cap("study", 1)]
    assert enrolment.limit(caps, "site", "S1") == 5
    assert enrolment.limit(caps, "site", "S2") == 9
    assert enrolment.limit(caps, "country", "CZ") == 2
    assert enrolment.limit(caps, "stratum", "a=x") is None


def test_a_limit_over_several_strata_is_no_stratum_s_own() -> None:
    assert enrolment.limit([cap("stratum", 5, "a=x")], "stratum", "a=x;b=y") is None
    assert enrolment.limit([cap("stratum", 5, "a=x;b=y")], "stratum", "a=x;b=y") == 5


@given(
    st.dictionaries(st.sampled_from("ABC"), st.integers(1, 5), min_size=1),
    st.lists(st.tuples(st.integers(0, 2), COUNTS)),
)
def test_imbalances_add_up_to_nothing(ratio: dict[str, int], rows: list[tuple[int, int]]) -> None:
    arms = list(ratio)
    given_to = [Given(arms[index % len(arms)], "*", "S1", count, 0) for index, count in rows]
    counts = arm_counts(ratio, given_to)
    assert [count.arm for count in counts] == arms
    assert sum(count.imbalance for count in counts) == 0
    assert sum(count.subjects for count in counts) == sum(count for _, count in rows)
