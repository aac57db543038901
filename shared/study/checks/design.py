"""Arms, randomization and the gate add up."""

import math
from collections.abc import Iterator

from shared.study.checks.allocation import allocation_findings
from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import Items, comparable, predicate_findings
from shared.study.draft import Draft
from shared.study.eligibility import EligibilityItem, EligibilityRule
from shared.study.faults import Finding, Path
from shared.study.forms import Form
from shared.study.randomization import StratificationFactor
from shared.study.withdrawal import CollectionEnd, WithdrawalRecord

MAX_STRATA = 10_000


def design_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of arms, randomization and eligibility."""
    yield from _duplicates(draft)
    gate = draft.items(("eligibility", "items"), EligibilityItem)
    for path, rule in draft.entries(("eligibility", "rules"), EligibilityRule):
        yield from predicate_findings(rule.predicate, (*path, "predicate"), gate)
    yield from _shared_item_findings(draft, gate)
    yield from _withdrawal_findings(draft)
    yield from allocation_findings(draft)
    sizes = []
    for path, factor in draft.entries(("randomization", "strata"), StratificationFactor):
        sizes.append(len(factor.levels))
        yield from _level_findings(factor, (*path, "levels"), gate)
    if math.prod(sizes) > MAX_STRATA:
        yield Finding(("randomization", "strata"), f"more than {MAX_STRATA} strata")


def _duplicates(draft: Draft) -> Iterator[Finding]:
    paths: list[tuple[Path, str]] = [
        (("eligibility", "items"), "id"),
        (("eligibility", "rules"), "id"),
        (("randomization", "strata"), "factor"),
        (("randomization", "caps"), "id"),
    ]
    paths += [((*path, "products"), "code") for path in draft.ids("arms").values()]
    for path, id_field in paths:
        yield from duplicate_findings(draft.raw_at(path), id_field, path)


def _shared_item_findings(draft: Draft, gate: Items) -> Iterator[Finding]:
    """The gate holds a value against the item of that id on a form filled once: they must compare.

    A form that repeats is a series of other days, which says nothing of the day of the gate.
    """
    for path, form in draft.entries(("forms",), Form):
        if form.repeating:
            continue
        for index, (name, item) in enumerate(draft.items((*path, "items")).items()):
            asked = gate.get(name)
            if item is not None and asked is not None and not comparable(item, asked):
                words = f"{name} is an item of the gate too, of another type or unit"
                yield Finding((*path, "items", index), words)


def _withdrawal_findings(draft: Draft) -> Iterator[Finding]:
    gate: Path = ("randomization", "withdrawn_when")
    end: Path = ("collection_ends",)
    told = ((gate, draft.part(gate, WithdrawalRecord)), (end, draft.part(end, CollectionEnd)))
    for path, record in told:
        items = None if record is None else draft.form_items(record.form)
        if record is not None and items is not None:  # an unknown form is reported as a reference
            yield from predicate_findings(record.where, (*path, "where"), items)


def _level_findings(factor: StratificationFactor, path: Path, gate: Items) -> Iterator[Finding]:
    levels = [{"code": level.code} for level in factor.levels]
    yield from duplicate_findings(levels, "code", path)
    derived = [level.when is not None for level in factor.levels]
    if any(derived) and not all(derived):
        first = derived.index(False)
        yield Finding((*path, first), "either every level of a factor has a when, or none")
    for index, level in enumerate(factor.levels):
        yield from predicate_findings(level.when, (*path, index, "when"), gate)
