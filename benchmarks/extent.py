"""How much is measured: all that is reported, or just enough to see that everything runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Extent:
    """``requests`` a run (``requests_alone`` where one client makes them), which connections can
    share equally; as many ``rounds`` as fit into so many ``seconds``."""

    clients: tuple[int, ...]
    requests: int
    requests_alone: int
    rounds: int
    seconds: float
    trials: int
    imports: int
    starts: int
    events: int
    subjects: int
    exported: tuple[int, ...]
    cases: int
    clocks: int
    participants: tuple[int, ...]
    beside: int


FULL = Extent(
    (1, 8, 16, 32, 64), 800, 300, 3, 220, 10_000, 7, 3, 200, 100, (1_000, 10_000), 200, 10_000,
    (1_000_000, 100_000_000), 1_000_000,
)  # fmt: skip
QUICK = Extent(
    (1, 16), 160, 40, 1, 220, 200, 1, 1, 20, 8, (50, 200), 20, 500, (20_000, 200_000), 2_000
)
