"""The simulated world: a secret for each trial, and the children who arrive in it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import lcm

from services.randomization.domain.generator import Stream

LIST_ID = "SIMULATION"
_VERSION = b"induct-simulation-v1"


def trial_secret(seed: str, trial: int) -> bytes:
    """The secret of a trial's list: SHA-256(``induct-simulation-v1`` NUL ``list`` NUL seed NUL
    trial as 8 bytes)."""
    return _secret(b"list", seed, trial)


def _secret(purpose: bytes, seed: str, trial: int) -> bytes:
    parts = (_VERSION, purpose, seed.encode(), trial.to_bytes(8, "big"))
    return hashlib.sha256(b"\x00".join(parts)).digest()


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor, its level codes and how often each comes; equally often where not told."""

    name: str
    levels: Sequence[str]
    probabilities: Sequence[Fraction] | None = None

    def chances(self) -> list[Fraction]:
        """The probability of each level."""
        if self.probabilities is None:
            return [Fraction(1, len(self.levels))] * len(self.levels)
        return list(self.probabilities)


class Arrivals:
    """Children one after the other, each with a level of every factor, drawn independently."""

    def __init__(self, factors: Sequence[Factor], subjects: int) -> None:
        self._subjects = subjects
        self._wheels = [(factor.name, *_wheel(factor)) for factor in factors]

    def of_trial(self, seed: str, trial: int) -> list[Mapping[str, str]]:
        """The levels of each child of a trial, in order of arrival."""
        stream = Stream(_secret(b"arrivals", seed, trial), LIST_ID, "*")
        return [
            {name: wheel[stream.below(size)] for name, size, wheel in self._wheels}
            for _ in range(self._subjects)
        ]


def _wheel(factor: Factor) -> tuple[int, Sequence[str]]:
    """A level for every number below the common denominator of the probabilities."""
    chances = factor.chances()
    size = lcm(*(chance.denominator for chance in chances))
    if size > 1_000_000:
        raise ValueError(f"the probabilities of factor {factor.name} have no handy denominator")
    edges = [0, *accumulate(int(chance * size) for chance in chances)]
    return size, [
        level
        for place, level in enumerate(factor.levels)
        for _ in range(edges[place + 1] - edges[place])
    ]
