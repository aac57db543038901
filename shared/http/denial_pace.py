"""How often a refusal is written down: who is refused in a loop fills no table."""

import time
from collections.abc import Callable

# The same account, operation and kind of refusal are one row in so long, or a few.
AGAIN_SECONDS = 60
# After a failure the database is left alone for so long.
PAUSE_SECONDS = 30
REMEMBERED = 2_000


class DenialPace:
    """What was written down lately, as far as this process knows."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._written: dict[tuple[str, str, str], tuple[float, int]] = {}
        self._silent_until = float("-inf")

    def is_due(self, account: str, operation: str, problem: str, most: int = 1) -> bool:
        """Whether to write this one down, ``most`` of its kind a minute; asking is taken as doing
        it."""
        now, key = self._monotonic(), (account, operation, problem)
        until, count = self._written.get(key, (now, 0))
        if now >= until:
            until, count = now + AGAIN_SECONDS, 0
        if now < self._silent_until or count >= most:
            return False
        if len(self._written) >= REMEMBERED:
            self._written.clear()
        self._written[key] = (until, count + 1)
        return True

    def pause(self) -> None:
        """The database was away."""
        self._silent_until = self._monotonic() + PAUSE_SECONDS
