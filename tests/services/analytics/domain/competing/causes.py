"""Small data sets with causes."""

from collections.abc import Sequence

from hypothesis import strategies as st

from services.analytics.domain.competing.table import CauseCount, CompetingTable


def seen(*ends: tuple[float, int], cause: int = 1) -> CompetingTable:
    """The table of one group from (time, cause) of each subject."""
    return CompetingTable.of((CauseCount("a", "", time, by, 1) for time, by in ends), cause)


def by_arm(
    cells: Sequence[CauseCount], arms: Sequence[str], cause: int = 1
) -> list[list[CompetingTable]]:
    """``[stratum][arm]`` for every stratum of the cells."""
    return [
        [
            CompetingTable.of((c for c in cells if c.arm == arm and c.stratum == stratum), cause)
            for arm in arms
        ]
        for stratum in sorted({cell.stratum for cell in cells})
    ]


def ends(
    arms: Sequence[str] = ("a", "b"), *, strata: Sequence[str] = ("x", "y")
) -> st.SearchStrategy[list[CauseCount]]:
    """Counts with many ties, three causes, censorings, and arms that may be empty."""
    return st.lists(
        st.builds(
            CauseCount,
            st.sampled_from(list(arms)),
            st.sampled_from(list(strata)),
            st.integers(0, 12).map(float),
            st.integers(0, 3),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=30,
    )
