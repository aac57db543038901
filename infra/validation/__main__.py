"""``python -m infra.validation check | fresh | pack``."""

import json
import sys
from collections.abc import Sequence

from infra.validation import gate, matrix
from infra.validation.page import page
from infra.validation.proofs import PROJECT, MarkerError, Proof, proofs_in
from infra.validation.requirements import (
    Policy,
    Requirement,
    RequirementError,
    load_policy,
    load_requirements,
)
from infra.validation.results import ResultsError, commit_here, of_this_commit, read

RESULTS = PROJECT / "build" / "results.json"
PACK = PROJECT / "build" / "validation"


def check() -> int:
    """The gate: fails where a requirement lacks its evidence. Runs no test."""
    policy, requirements, proofs = _read()
    found = list(gate.faults(requirements, policy, proofs))
    for fault in found:
        sys.stderr.write(fault + "\n")
    if not found:
        sys.stdout.write(f"{len(requirements)} requirements have their {len(proofs)} proofs.\n")
    return 1 if found else 0


def fresh() -> int:
    """Whether there are results of this commit, for a pack without another run."""
    of_this_commit(read(RESULTS), commit_here())
    return 0


def pack() -> int:
    """Write the pack; fails where a requirement is not proven by this run, after writing."""
    policy, requirements, proofs = _read()
    results = read(RESULTS)
    rows = matrix.join(requirements, policy, proofs, results)
    PACK.mkdir(parents=True, exist_ok=True)
    data = matrix.as_data(rows, results)
    (PACK / "validation.json").write_text(
        json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (PACK / "validation.html").write_text(page(rows, policy, results), encoding="utf-8")
    counted = ", ".join(f"{count} {state}" for state, count in data["states"].items())
    sys.stdout.write(f"{counted}: {PACK.relative_to(PROJECT)}/validation.html\n")
    for row in rows:
        for why in row.why:
            sys.stderr.write(f"{row.requirement.id}: {why}\n")
    return 1 if data["states"][matrix.UNPROVEN] else 0


def _read() -> tuple[Policy, dict[str, Requirement], list[Proof]]:
    policy = load_policy()
    return policy, load_requirements(policy), proofs_in(PROJECT / "tests")


def main(words: Sequence[str]) -> int:
    """Do one command; what cannot be read is told in words and ends with 2."""
    commands = {"check": check, "fresh": fresh, "pack": pack}
    if len(words) != 1 or words[0] not in commands:
        sys.stderr.write(f"One of: {', '.join(commands)}\n")
        return 2
    try:
        return commands[words[0]]()
    except (MarkerError, RequirementError, ResultsError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
