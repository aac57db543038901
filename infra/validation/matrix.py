"""Requirements, their tests and how those ended, joined."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.validation.gate import lacking
from infra.validation.proofs import Proof
from infra.validation.requirements import Policy, Requirement
from infra.validation.results import FAILED, PASSED, Results

PROVEN, PROCEDURAL, UNPROVEN = "proven", "procedural", "not proven"


@dataclass(frozen=True)
class Row:
    """A requirement with its tests. ``state``: proven where no test of it failed and those that
    passed are the evidence that its risk needs; ``why``: what is missing otherwise."""

    requirement: Requirement
    tests: tuple[tuple[Proof, str], ...]
    state: str
    why: tuple[str, ...]


def join(
    requirements: Mapping[str, Requirement],
    policy: Policy,
    proofs: Iterable[Proof],
    results: Results,
) -> list[Row]:
    """One row a requirement, in their order."""
    found: dict[str, list[tuple[Proof, str]]] = {name: [] for name in requirements}
    for proof in proofs:
        found[proof.requirement].append((proof, results.outcome(proof.test) or "did not run"))
    return [_row(requirements[name], policy, tests) for name, tests in found.items()]


def _row(requirement: Requirement, policy: Policy, tests: list[tuple[Proof, str]]) -> Row:
    passed = {proof.kind for proof, outcome in tests if outcome == PASSED}
    failed = [f"{proof.test} failed" for proof, outcome in tests if outcome == FAILED]
    if requirement.procedural is not None:
        return Row(requirement, tuple(tests), UNPROVEN if failed else PROCEDURAL, tuple(failed))
    why = (*failed, *(f"{lack} passed" for lack in lacking(requirement, policy, passed)))
    return Row(requirement, tuple(tests), UNPROVEN if why else PROVEN, why)


def as_data(rows: Iterable[Row], results: Results) -> dict[str, Any]:
    """The pack as data: whose state it is of, a count of each state, and the rows."""
    told = list(rows)
    return {
        "commit": results.commit.id,
        "uncommitted_changes": results.commit.dirty,
        "tests_finished_at": results.finished_at,
        "versions": dict(results.versions),
        "states": {s: sum(r.state == s for r in told) for s in (PROVEN, PROCEDURAL, UNPROVEN)},
        "requirements": [
            {
                **{k: v for k, v in asdict(row.requirement).items() if v is not None},
                "state": row.state,
                "why": list(row.why),
                "tests": [
                    {"test": proof.test, "kind": proof.kind, "result": outcome}
                    for proof, outcome in row.tests
                ],
            }
            for row in told
        ],
    }
