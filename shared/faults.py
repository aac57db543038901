"""Named places in the code at which tests, and nobody else, let something go wrong.

Where nobody asks for it, ``point`` does nothing. The variable ``INDUCT_FAULTS`` asks for it, in a
sandbox on one machine: on Lambda, and where real children are, it is passed over with an alarm.
A process takes some of the points, by its seed, and lets some of the passes through them fail.
"""

import hashlib
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

from shared.http.logs import log

VARIABLE: Final = "INDUCT_FAULTS"
Point = Literal[
    "before commit",
    "after commit",
    "event published, not marked",
    "between two messages of a batch",
    "batch done, not marked",
    "webhook accepted, not recorded",
]
WAYS: Final = ("raise", "raise", "kill", "stall")
STALL_SECONDS: Final = 0.3
# What the runtime of Lambda sets, whatever the function.
ON_LAMBDA: Final = ("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME")


class FaultInjected(RuntimeError):
    """A test let this place fail."""


class Plan:
    """Which points of a process fail, how, and how often.

    ``settings``: ``seed`` (text), ``activated`` (share of the points that are taken), ``fired``
    (share of the passes through such a point that fail), ``report`` (a file that gets a line of
    JSON for each). Two plans of one seed are the same.
    """

    def __init__(self, settings: Mapping[str, object]) -> None:
        self._seed = str(settings["seed"])
        self._activated = float(str(settings["activated"]))
        self._fired = float(str(settings["fired"]))
        self._report = Path(str(settings["report"]))
        self._passes: Counter[str] = Counter()

    def way_of(self, name: str) -> str | None:
        """How passes through a point fail in this process; None where they never do."""
        if self._chance(name, "is activated") >= self._activated:
            return None
        return WAYS[int(self._chance(name, "in this way") * len(WAYS))]

    def pass_through(self, name: str) -> None:
        """Fail here, or not. Raises ``FaultInjected``; may end the process, or hold it up."""
        way = self.way_of(name)
        self._passes[name] += 1
        if way is None or self._chance(name, str(self._passes[name])) >= self._fired:
            return
        with self._report.open("a", encoding="utf-8") as report:
            report.write(json.dumps({"fault": f"point: {name}", "way": way}) + "\n")
        if way == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "raise":
            raise FaultInjected(name)
        time.sleep(STALL_SECONDS)

    def _chance(self, *about: str) -> float:
        """From 0 to 1, the same for the same question. By a hash: what an allocation passes through
        may not reach a generator of random numbers."""
        drawn = hashlib.sha256("/".join((self._seed, *about)).encode()).digest()
        return int.from_bytes(drawn[:4], "big") / 2**32


def read_plan(environment: Mapping[str, str]) -> Plan | None:
    """The plan that the variable holds; None without one, and wherever it has no place."""
    asked = environment.get(VARIABLE, "")
    if not asked:
        return None
    on_lambda = any(name in environment for name in ON_LAMBDA)
    if on_lambda or environment.get("INDUCT_SANDBOX", "") != "1":
        log("faults were asked for outside a sandbox, and are not made", level="error")
        return None
    return Plan(json.loads(asked))


@cache
def _plan() -> Plan | None:
    return read_plan(os.environ)


def point(name: Point) -> None:
    """A place at which a process may die, and at which a test may let it."""
    plan = _plan()
    if plan is not None:
        plan.pass_through(name)
