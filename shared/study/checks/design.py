"""Arms, randomization and the gate add up."""

import math
from collections.abc import Iterator
from typing import Any

from shared.study.arms import Arm
from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import predicate_findings
from shared.study.draft import Draft
from shared.study.eligibility import Eligibility
from shared.study.faults import Finding
from shared.study.forms import Item
from shared.study.randomization import PermutedBlocks, Randomization, StratificationFactor

MAX_STRATA = 10_000


def design_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of arms, randomization and eligibility."""
    yield from _duplicates(draft)
    eligibility = draft.section("eligibility", Eligibility)
    gate: dict[str, Item] | None = None
    if eligibility is not None:
        gate = {item.id: item for item in eligibility.items}
        for index, rule in enumerate(eligibility.rules):
            path = ("eligibility", "rules", index, "predicate")
            yield from predicate_findings(rule.predicate, path, gate)
    randomization = draft.section("randomization", Randomization)
    if randomization is not None:
        yield from _block_findings(draft, randomization)
        yield from _strata_findings(randomization, gate)


def _duplicates(draft: Draft) -> Iterator[Finding]:
    randomization = _mapping(draft.raw.get("randomization"))
    eligibility = _mapping(draft.raw.get("eligibility"))
    for holder, section, field, id_field in (
        (eligibility, "eligibility", "items", "id"),
        (eligibility, "eligibility", "rules", "id"),
        (randomization, "randomization", "strata", "factor"),
        (randomization, "randomization", "caps", "id"),
    ):
        yield from duplicate_findings(holder.get(field), id_field, (section, field))
    for path, arm in draft.entries("arms", Arm):
        products = [{"code": product.code} for product in arm.products]
        yield from duplicate_findings(products, "code", (*path, "products"))


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _block_findings(draft: Draft, randomization: Randomization) -> Iterator[Finding]:
    arms = [arm for _, arm in draft.entries("arms", Arm)]
    if len(arms) != len(draft.raw.get("arms") or ()):
        return  # an arm could not be read: the sum of the ratio is unknown
    total = sum(arm.ratio for arm in arms)
    scheme = randomization.scheme
    sizes = scheme.block_sizes if isinstance(scheme, PermutedBlocks) else ()
    for index, size in enumerate(sizes):
        if total and size % total:
            yield Finding(
                ("randomization", "scheme", "block_sizes", index),
                f"a block of {size} cannot hold the ratio: it is no multiple of {total}",
            )


def _strata_findings(
    randomization: Randomization, gate: dict[str, Item] | None
) -> Iterator[Finding]:
    for index, factor in enumerate(randomization.strata):
        path = ("randomization", "strata", index, "levels")
        yield from _level_findings(factor, path)
        if gate is not None:
            for position, level in enumerate(factor.levels):
                yield from predicate_findings(level.when, (*path, position, "when"), gate)
    if math.prod(len(factor.levels) for factor in randomization.strata) > MAX_STRATA:
        yield Finding(("randomization", "strata"), f"more than {MAX_STRATA} strata")


def _level_findings(factor: StratificationFactor, path: tuple[str | int, ...]) -> Iterator[Finding]:
    levels = [{"code": level.code} for level in factor.levels]
    yield from duplicate_findings(levels, "code", path)
    derived = [level.when is not None for level in factor.levels]
    if any(derived) and not all(derived):
        first = derived.index(False)
        yield Finding((*path, first), "either every level of a factor has a when, or none")
