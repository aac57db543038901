"""`make fuzz`: generated calls of every operation as every role, and generated documents.

The stack has a home of its own and ends with this. ``INDUCT_FUZZ_EXAMPLES`` says how many calls are
made up for each operation (besides those at the limits of its schema, which are always sent);
words after the command choose services, roles, faces (``rave``, ``desk``) or ``documents``.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from infra.database.cast import SERVICES
from shared.identity.matrix import matrix
from tests.hostile.fuzz.calling import Outcome, call, of_role, operations
from tests.hostile.fuzz.faces import FACES
from tests.hostile.fuzz.filling import fill
from tests.hostile.fuzz.reading import TARGETS, read
from tests.infra.local.stack import Stack, temporary
from tests.shared.identity.cells.places import Ids

OUT = Path("build/fuzz")
ROW = "{:<14} {:<16} {:>10} {:>7} {:>6} {:>6} {:>6}  {}"
HEADINGS = ("service", "role", "operations", "calls", "2xx", "4xx", "5xx", "failures")
EXAMPLES = int(os.environ.get("INDUCT_FUZZ_EXAMPLES", "8"))


def main(words: list[str]) -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    services, roles = _chosen(SERVICES, words), _chosen(matrix().roles, words)
    faces = [f for f in FACES if f in words or not words]
    found = documents() if "documents" in words or not words else []
    if words != ["documents"]:
        with temporary() as stack:
            stack.start()
            ids, secret = fill(stack)
            print(ROW.format(*HEADINGS))
            # Faces first: later an administrator's calls change the desk's keys and networks.
            for face in faces:
                for run in FACES[face](stack, ids, secret):
                    found += told(call(run, stack, examples=EXAMPLES, out=OUT))
            if not words or set(words) - {*FACES, "documents"}:
                found += calls(stack, ids, services, roles)
            found += faults(stack)
    for finding in found:
        print(f"finding: {finding}")
    print("No finding." if not found else f"{len(found)} findings; what was sent: {OUT}/*.txt")
    return bool(found)


def calls(stack: Stack, ids: Ids, services: list[str], roles: list[str]) -> list[str]:
    found: list[str] = []
    covered: set[str] = set()
    for service in services:
        for role in roles:
            if allowed := operations(service, role):
                run = of_role(stack, ids, service, role, covered)
                found += told(call(run, stack, examples=EXAMPLES, out=OUT))
                covered |= {route.operation for route in allowed}
    return found


def told(outcome: Outcome) -> list[str]:
    """Its failures; how it went is printed."""
    print(ROW.format(*_cells(outcome)), flush=True)
    return [f"{outcome.service} as {outcome.role}: {failure}" for failure in outcome.failures]


def documents() -> list[str]:
    found = []
    for target in TARGETS:
        runs, failure = read(target, OUT)
        print(f"{target:<24} {runs:>9} documents  {failure or 'no failure'}", flush=True)
        found += [f"{target}: {failure}"] if failure else []
    return found


def faults(stack: Stack) -> list[str]:
    """What the stack's log says of itself: every line an object, no fault, no 5xx but `503`."""
    found = []
    lines = (stack.home.folder / "log" / "induct.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        said = json.loads(line)
        status = said.get("status") or 0
        if said["message"] == "unhandled exception" or (status >= 500 and status != 503):
            found.append(f"in the log: {line}")
    print(f"{len(lines)} lines of the log read")
    return found


def _chosen(among: Iterable[str], words: list[str]) -> list[str]:
    return [each for each in among if each in words] or list(among)


def _cells(outcome: Outcome) -> tuple[object, ...]:
    of = outcome.statuses
    return (
        outcome.service, outcome.role, outcome.operations, outcome.calls,
        of.get("2xx", 0), of.get("4xx", 0), of.get("5xx", 0), len(outcome.failures),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
