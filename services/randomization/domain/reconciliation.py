"""Randomization compared with assessments and safety (ICH E6(R3) 4.2.5).

A comparison changes nothing on any side: which side is right, a person decides.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

from services.randomization.domain.held_values import NOTHING, Held

Kind = Literal[
    "only-in-randomization",
    "only-in-assessments",
    "not-noted-in-assessments",
    "site-differs",
    "consent-differs",
    "stratum-differs",
    "treatment-differs",
    "case-of-unknown-subject",
    "case-of-unallocated-subject",
    "allocation-altered",
    "allocation-without-slot",
    "slot-without-allocation",
    "slot-of-another",
    "opening-altered",
    "chain-altered",
]


@dataclass(frozen=True, slots=True)
class Allocated:
    """An allocation. ``levels`` are those used, ``true_levels`` the corrected ones where there are
    any, else the same."""

    subject: str
    site: str
    arm: str
    levels: Mapping[str, str]
    true_levels: Mapping[str, str]
    at: datetime


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A child as assessments know it; ``randomized_at`` None where no allocation was noted,
    ``consented_on`` as registered."""

    subject: str
    site: str
    state: str
    randomized_at: datetime | None
    held: Held = NOTHING
    consented_on: date | None = None


@dataclass(frozen=True, slots=True)
class SafetyCase:
    number: str
    subject: str
    site: str
    product: str | None


@dataclass(frozen=True, slots=True)
class Sides:
    """The three sides as they stood at one instant. ``products`` are each arm's own."""

    allocations: Sequence[Allocated]
    subjects: Sequence[Enrolled]
    cases: Sequence[SafetyCase]
    products: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that two sides tell differently. ``details`` may tell the arm; ``subject`` is empty
    where a whole chain differs."""

    kind: Kind
    subject: str
    details: Mapping[str, str] = field(default_factory=dict)


def differences(sides: Sides) -> list[Difference]:
    """Every difference, ordered by subject and kind."""
    allocated = {one.subject: one for one in sides.allocations}
    enrolled = {one.subject: one for one in sides.subjects}
    found = [
        *(d for one in sides.allocations for d in _of_allocation(one, enrolled.get(one.subject))),
        *(d for one in sides.subjects for d in _of_subject(one, allocated.get(one.subject))),
        *(d for one in sides.allocations for d in _doses(one, enrolled, sides.products)),
        *(d for one in sides.cases for d in _of_case(one, allocated, enrolled, sides.products)),
    ]
    return sorted(found, key=lambda d: (d.subject, d.kind, sorted(d.details.items())))


def counts(sides: Sides) -> dict[str, int]:
    """How much was compared."""
    return {
        "allocations": len(sides.allocations),
        "subjects": len(sides.subjects),
        "subjects_randomized": sum(one.randomized_at is not None for one in sides.subjects),
        "cases": len(sides.cases),
    }


def hashes(sides: Sides) -> dict[str, dict[str, str]]:
    """SHA-256 over the key facts of each side; two sides that agree have the same one.

    ``allocations``: subject, site and time of every allocation. ``cases``: number, subject and site
    of every case, the site once as safety and once as assessments have it. No arm is among them.
    """
    sites = {one.subject: one.site for one in sides.subjects}
    return {
        "allocations": {
            "randomization": _hash((a.subject, a.site, _text(a.at)) for a in sides.allocations),
            "assessments": _hash(
                (s.subject, s.site, _text(s.randomized_at))
                for s in sides.subjects
                if s.randomized_at is not None
            ),
        },
        "cases": {
            "safety": _hash((c.number, c.subject, c.site) for c in sides.cases),
            "assessments": _hash(
                (c.number, c.subject, sites[c.subject]) for c in sides.cases if c.subject in sites
            ),
        },
    }


def _of_allocation(one: Allocated, known: Enrolled | None) -> Iterator[Difference]:
    if known is None:
        yield Difference("only-in-randomization", one.subject)
        return
    if known.state == "screening" or known.randomized_at != one.at:
        noted = "" if known.randomized_at is None else _text(known.randomized_at)
        details = {"state": known.state, "noted": noted, "randomized_at": _text(one.at)}
        yield Difference("not-noted-in-assessments", one.subject, details)
    if known.site != one.site:
        details = {"randomization": one.site, "assessments": known.site}
        yield Difference("site-differs", one.subject, details)
    yield from _levels(one, known.held)


def _levels(one: Allocated, held: Held) -> Iterator[Difference]:
    """A level that is stated must be the one used or the corrected one; a level that follows from
    values must be the true one."""
    for factor, used in one.levels.items():
        true = one.true_levels.get(factor, used)
        stated, derived = held.stated.get(factor), held.derived.get(factor)
        if stated is not None and stated not in (used, true):
            yield _level(one, factor, used, stated, "stated")
        if derived is not None and derived != true:
            yield _level(one, factor, true, derived, "derived")


def _level(one: Allocated, factor: str, ours: str, theirs: str, how: str) -> Difference:
    details = {"factor": factor, "randomization": ours, "assessments": theirs, "as": how}
    return Difference("stratum-differs", one.subject, details)


def _of_subject(one: Enrolled, allocation: Allocated | None) -> Iterator[Difference]:
    noted = one.state == "randomized" or one.randomized_at is not None
    if allocation is None and noted:
        yield Difference("only-in-assessments", one.subject, {"state": one.state})
    if one.consented_on is not None and one.held.consents - {one.consented_on.isoformat()}:
        recorded = ", ".join(sorted(one.held.consents))
        details = {"registered": one.consented_on.isoformat(), "recorded": recorded}
        yield Difference("consent-differs", one.subject, details)


def _doses(
    one: Allocated, enrolled: Mapping[str, Enrolled], products: Mapping[str, frozenset[str]]
) -> Iterator[Difference]:
    held = enrolled[one.subject].held if one.subject in enrolled else NOTHING
    for product in sorted(held.products):
        if _of_another_arm(product, one.arm, products):
            details = {"arm": one.arm, "product": product, "in": "assessments"}
            yield Difference("treatment-differs", one.subject, details)


def _of_case(
    case: SafetyCase,
    allocated: Mapping[str, Allocated],
    enrolled: Mapping[str, Enrolled],
    products: Mapping[str, frozenset[str]],
) -> Iterator[Difference]:
    allocation, known = allocated.get(case.subject), enrolled.get(case.subject)
    told = {"case": case.number}
    if allocation is None and known is None:
        yield Difference("case-of-unknown-subject", case.subject, told)
        return
    if allocation is None and _presumes_an_allocation(case, known, products):
        yield Difference("case-of-unallocated-subject", case.subject, told)
    if known is not None and known.site != case.site:
        details = told | {"safety": case.site, "assessments": known.site}
        yield Difference("site-differs", case.subject, details)
    if (
        allocation is not None
        and case.product is not None
        and _of_another_arm(case.product, allocation.arm, products)
    ):
        details = told | {"arm": allocation.arm, "product": case.product, "in": "safety"}
        yield Difference("treatment-differs", case.subject, details)


def _presumes_an_allocation(
    case: SafetyCase, known: Enrolled | None, products: Mapping[str, frozenset[str]]
) -> bool:
    """A case of a child in screening is what it should be, unless it blames a study product."""
    if known is None or known.state == "randomized" or known.randomized_at is not None:
        return True
    return any(case.product in codes for codes in products.values())


def _of_another_arm(product: str, arm: str, products: Mapping[str, frozenset[str]]) -> bool:
    """Whether the product is one of the study's, and of other arms only."""
    return product not in products.get(arm, frozenset()) and any(
        product in codes for codes in products.values()
    )


def _hash(facts: Iterable[tuple[str, ...]]) -> str:
    spelled = json.dumps(sorted(facts), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(spelled.encode()).hexdigest()


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
