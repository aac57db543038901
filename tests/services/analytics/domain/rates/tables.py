"""Any table of two arms with subjects, and strata of them."""

from hypothesis import strategies as st

from services.analytics.domain.rates.table import TwoByTwo


def two_by_two(most: int = 40) -> st.SearchStrategy[TwoByTwo]:
    """0 <= x <= n, n >= 1, the corners as often as the inside."""
    arm = st.integers(1, most).flatmap(
        lambda n: st.tuples(
            st.one_of(st.sampled_from([0, n]), st.integers(0, n)),
            st.just(n),
        )
    )
    return st.builds(lambda one, two: TwoByTwo(*one, *two), arm, arm)


def several(most: int = 15) -> st.SearchStrategy[list[TwoByTwo]]:
    """One to four strata."""
    return st.lists(two_by_two(most), min_size=1, max_size=4)
