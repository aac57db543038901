"""Which outcome measures of the trial a derivation feeds (pack `outcomes`)."""

from collections.abc import Mapping
from functools import cache

from shared.rules.loading import load_pack
from shared.rules.model import Pack


def affected(derivation: str) -> tuple[str, ...]:
    """Outcome measures (P1, S1 ...) that a change of the derivation may move; none for most."""
    return _by_name().get(derivation.partition(":")[0].partition("#")[0], ())


def with_outcomes() -> tuple[str, ...]:
    """Names of the derivations that feed an outcome, without what stands behind their colon."""
    return tuple(sorted(_by_name()))


@cache
def _by_name() -> Mapping[str, tuple[str, ...]]:
    return read(load_pack("outcomes"))


def read(pack: Pack) -> Mapping[str, tuple[str, ...]]:
    """The table of a pack of outcomes."""
    found = {}
    for row in pack.rows("affected"):
        outcomes = row["outcomes"]
        if not isinstance(outcomes, tuple):
            raise TypeError("outcomes are a list")
        found[str(row["derivation"])] = tuple(str(each) for each in outcomes)
    return found
