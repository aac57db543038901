"""The limits that a run publishes are those of the engine that users can try, also for many."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.analytics.domain.rates.single import ProportionLimits, proportion_limits
from services.analytics.exact_limits import clopper_pearson

COUNTS = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@settings(deadline=None)
@given(COUNTS, st.floats(0.5, 0.999))
def test_both_implementations_agree(counts: tuple[int, int], level: float) -> None:
    own = proportion_limits(*counts, level, ProportionLimits.CLOPPER_PEARSON)
    assert clopper_pearson(*counts, level) == pytest.approx(own, abs=1e-10)


def test_a_million_subjects_have_limits() -> None:
    lower, upper = clopper_pearson(250_000, 1_000_000, 0.95)
    assert lower < 0.25 < upper
    assert upper - lower == pytest.approx(2 * 1.96 * (0.25 * 0.75 / 1e6) ** 0.5, rel=0.01)
