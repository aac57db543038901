"""What is wrong with a submission, told all at once and without repeating a value."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault: where in what was sent (names from the outside in), which kind, in words."""

    where: tuple[str, ...]
    code: str
    detail: str


class RefusedError(ValueError):
    """A submission that is not taken, with every fault found in it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(", ".join(fault.code for fault in faults))
        self.faults = tuple(faults)
