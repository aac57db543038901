"""`make fuzz`: generated calls of every operation as every role, and generated documents.

The stack has a home of its own and ends with this. ``INDUCT_FUZZ_EXAMPLES`` says how many calls are
made up for each operation (besides those at the limits of its schema, which are always sent);
words after the command choose services, roles, or ``documents``.
"""

import json
import os
import sys
from pathlib import Path

from infra.database.cast import SERVICES
from shared.identity.matrix import matrix
from tests.hostile.fuzz.calling import Outcome, call, operations
from tests.hostile.fuzz.filling import fill
from tests.hostile.fuzz.reading import TARGETS, read
from tests.infra.local.stack import Stack, temporary

OUT = Path("build/fuzz")
EXAMPLES = int(os.environ.get("INDUCT_FUZZ_EXAMPLES", "8"))


def main(words: list[str]) -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    services = [s for s in SERVICES if s in words] or list(SERVICES)
    roles = [r for r in matrix().roles if r in words] or list(matrix().roles)
    found = documents() if "documents" in words or not words else []
    if words != ["documents"]:
        with temporary() as stack:
            stack.start()
            found += calls(stack, services, roles)
            found += faults(stack)
    for finding in found:
        print(f"finding: {finding}")
    print("No finding." if not found else f"{len(found)} findings; what was sent: {OUT}/*.txt")
    return bool(found)


def calls(stack: Stack, services: list[str], roles: list[str]) -> list[str]:
    ids = fill(stack)
    row = "{:<14} {:<16} {:>10} {:>7} {:>6} {:>6} {:>6}  {}"
    print(row.format("service", "role", "operations", "calls", "2xx", "4xx", "5xx", "failures"))
    found: list[str] = []
    covered: set[str] = set()
    for service in services:
        for role in roles:
            if allowed := operations(service, role):
                outcome = call(
                    stack, ids, service, role, examples=EXAMPLES, covered=covered, out=OUT
                )
                covered |= {route.operation for route in allowed}
                print(row.format(*_cells(outcome)), flush=True)
                found += [f"{service} as {role}: {failure}" for failure in outcome.failures]
    return found


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


def _cells(outcome: Outcome) -> tuple[object, ...]:
    of = outcome.statuses
    return (
        outcome.service, outcome.role, outcome.operations, outcome.calls,
        of.get("2xx", 0), of.get("4xx", 0), of.get("5xx", 0), len(outcome.failures),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
