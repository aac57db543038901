"""What keeps a commit from being released: requirements that lack the evidence of their risk."""

from collections.abc import Iterable, Iterator, Mapping

from infra.validation.proofs import Proof
from infra.validation.requirements import Policy, Requirement


def faults(
    requirements: Mapping[str, Requirement], policy: Policy, proofs: Iterable[Proof]
) -> Iterator[str]:
    """Every breach, as a sentence that names the requirement or the test.

    A requirement lacks its evidence where a kind that its risk needs has no test, or none of the
    kinds of which one is enough has. A procedural one needs no test: it tells its reason.
    """
    kinds: dict[str, set[str]] = {name: set() for name in requirements}
    for proof in proofs:
        if proof.requirement not in requirements:
            yield f"{proof.test}: there is no requirement {proof.requirement}"
        elif proof.kind not in policy.kinds:
            yield f"{proof.test}: there is no kind of test {proof.kind}"
        else:
            kinds[proof.requirement].add(proof.kind)
    for name, requirement in requirements.items():
        if requirement.procedural is None:
            for lack in lacking(requirement, policy, kinds[name]):
                yield f"{name} ({requirement.risk}): {requirement.title}: {lack}"


def lacking(requirement: Requirement, policy: Policy, kinds: set[str]) -> list[str]:
    """What the tests of a requirement, of these kinds, leave to be wished for its risk."""
    found = [f"no {kind} test" for kind in policy.needs[requirement.risk] if kind not in kinds]
    one_of = policy.any[requirement.risk]
    if one_of and not kinds.intersection(one_of):
        found.append("no test" if not kinds else f"none of its tests is {' or '.join(one_of)}")
    return found
