"""Making lists, sealing them, simulating trials: calculation alone, in one thread.

The yardstick is HMAC-SHA256, of which the lists are made and which Python leaves to C: how many of
them the machine would do in a tight loop in the time of one slot, or of one simulated child.
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, product
from statistics import median
from typing import Any

from services.randomization.domain import commitments, sealing
from services.randomization.domain.generator import permuted_blocks
from services.randomization.domain.simulation import read_design, simulate
from services.randomization.domain.slots import Slot

RATIO: Mapping[str, int] = {"INO": 2, "ALLR3": 1}
BLOCKS = (3, 6, 9)
FACTORS: Mapping[str, Sequence[str]] = {"f1": ("a", "b"), "f2": ("a", "b"), "f3": ("a", "b")}
CHILDREN = 100
SEALED = 1200
SECRET = bytes(range(32))
LOOP_SECONDS = 0.4
LOOPS = 5
_MESSAGE = bytes(64)


@dataclass(frozen=True)
class Speed:
    """One calculation: processor seconds for one of it, which makes so many ``pieces``."""

    what: str
    seconds: float
    pieces: int
    piece: str

    def hmacs(self, hmac_seconds: float) -> float:
        """What a piece costs, in HMACs of this machine."""
        return self.seconds / self.pieces / hmac_seconds


@dataclass(frozen=True)
class Calculations:
    """``hmac_seconds`` is the yardstick, ``trials`` how many the simulations were of."""

    hmac_seconds: float
    trials: int
    speeds: Sequence[Speed]


def measure(trials: int) -> Calculations:
    """All calculations. The yardstick is taken before and after: the machine may drift."""
    before = _repeated(_one_hmac)
    each = -(-CHILDREN // len(_labels()))
    minimisation = {"method": "minimisation", "probability": "8/10", "measure": "range"}
    speeds = [
        _generation(each),
        _generation(CHILDREN),
        _sealing(),
        _simulation(trials, {"method": "permuted_blocks", "block_sizes": BLOCKS}),
        _simulation(trials, minimisation),
    ]
    return Calculations(median([before, _repeated(_one_hmac)]), trials, speeds)


def _one_hmac() -> None:
    hmac.digest(SECRET, _MESSAGE, hashlib.sha256)


def _labels() -> list[str]:
    levels = product(*FACTORS.values())
    return [";".join(f"{f}={c}" for f, c in zip(FACTORS, codes, strict=True)) for codes in levels]


def _generation(capacity: int) -> Speed:
    lists = count()

    def generate() -> int:
        name = f"L{next(lists)}"
        return sum(
            len(permuted_blocks(SECRET, name, label, ratio=RATIO, block_sizes=BLOCKS,
                                capacity=capacity))
            for label in _labels()
        )  # fmt: skip

    slots = round(median(generate() for _ in range(101)))
    what = f"A list of {len(_labels())} strata, {capacity} slots or more each"
    return Speed(what, _repeated(generate), slots, "slot")


def _sealing() -> Speed:
    labels = _labels()
    each = SEALED // len(labels)
    slots = [Slot(label, at, "INO") for label in labels for at in range(1, each + 1)]
    key = sealing.list_key(SECRET, "trial", "L1")
    counter = count()

    def seal() -> None:
        sealing.seal_list(
            slots, partial(commitments.salt, SECRET, "L1"), study="trial", list_id="L1", key=key,
            nonce=lambda: next(counter).to_bytes(sealing.NONCE_BYTES, "big"),
        )  # fmt: skip

    return Speed(f"Sealing a list of {len(slots):,} slots", _repeated(seal), len(slots), "slot")


def _simulation(trials: int, scheme: Mapping[str, Any]) -> Speed:
    design = read_design({
        "arms": [{"code": code, "ratio": share} for code, share in RATIO.items()],
        "scheme": dict(scheme),
        "strata": [{"factor": name, "levels": list(codes)} for name, codes in FACTORS.items()],
        "subjects": CHILDREN,
    })  # fmt: skip
    started = time.process_time()
    simulate(design, trials, "benchmark")
    seconds = time.process_time() - started
    method = scheme["method"].replace("_", " ")
    what = f"{trials:,} simulated trials of {CHILDREN} children, {method}"
    return Speed(what, seconds, trials * CHILDREN, "child")


def _repeated(work: Callable[[], object]) -> float:
    """Processor seconds that one call takes: the least of some loops, which other work on the
    machine disturbed least."""
    return min(_loop(work) for _ in range(LOOPS))


def _loop(work: Callable[[], object]) -> float:
    calls, started = 0, time.process_time()
    while True:
        for _ in range(16):
            work()
        calls += 16
        used = time.process_time() - started
        if used >= LOOP_SECONDS:
            return used / calls
