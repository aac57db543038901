"""How often a refusal is written down: who is refused in a loop fills no table."""

import time
from collections.abc import Callable

# The same account, operation and kind of refusal are one row a minute.
AGAIN_SECONDS = 60
# After a failure the database is left alone for so long.
PAUSE_SECONDS = 30
REMEMBERED = 2_000


class DenialPace:
    """What was written down lately, as far as this process knows."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._written: dict[tuple[str, str, str], float] = {}
        self._silent_until = float("-inf")

    def is_due(self, account: str, operation: str, problem: str) -> bool:
        """Whether to write this one down; asking is taken as doing it."""
        now, key = self._monotonic(), (account, operation, problem)
        if now < self._silent_until or now < self._written.get(key, float("-inf")):
            return False
        if len(self._written) >= REMEMBERED:
            self._written.clear()
        self._written[key] = now + AGAIN_SECONDS
        return True

    def pause(self) -> None:
        """The database was away."""
        self._silent_until = self._monotonic() + PAUSE_SECONDS
