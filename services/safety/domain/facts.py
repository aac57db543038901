"""Dated facts of a case: what classification rests on, and nothing else.

A fact is never changed. It says when it was true, when it was received (in whose zone), when it was
recorded, by whom, and which fact it corrects; so that yesterday's answer can be given again after
today's correction.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

Kind = Literal[
    "site_awareness", "receipt", "criterion", "serious", "seriousness", "onset", "description",
    "suspect", "causality", "expectedness", "anticipated", "exemption", "special_interest",
    "follow_up", "submission", "acknowledgement", "waiver", "nullification", "lock", "link",
    "coding",
]  # fmt: skip
Party = Literal["investigator", "sponsor"]

MINIMUM_CRITERIA: Final = (
    "identifiable_patient", "identifiable_reporter", "event", "suspect_product",
)  # fmt: skip
"""The four minimum criteria of a valid report (ICH E2A III.B.2)."""

FATAL: Final = ("death", "life_threatening")
"""The seriousness criteria that shorten a clock to seven days."""

ARM_REVEALING: Final = frozenset({"suspect", "causality", "expectedness"})
"""Kinds whose content or number tells the product, and so the arm."""


@dataclass(frozen=True)
class Fact:
    """One fact. ``value`` holds JSON scalars and lists, by kind:

    - ``receipt``: party, reference; ``criterion``: criterion, held
    - ``serious``: event, serious; ``seriousness``: event, criterion, held; ``onset``: event, on
    - ``description``: event, term, grade
    - ``suspect``: product, suspect; ``causality``: party, product, event, related, of
    - ``expectedness``: product, event, expected, rsi, regions, onset_on, of
    - ``anticipated``: event, listed, list, of
    - ``exemption``: event, exemption, applies, days, rule_sets, unless_suspected, of
    - ``special_interest``: code; ``follow_up``: significant, version, correction
    - ``submission``: submission, authority, kinds, obligations, complete, sealed_at
    - ``acknowledgement``: submission, accepted; ``waiver``: obligation
    - ``nullification``: reason, duplicate_of; ``lock``: locked; ``link``: case, relation
    - ``coding``: event, code, version, name: a lowest level term of MedDRA

    ``of`` is the event as it was judged: term, grade, fatal (criteria held). ``true_at`` or
    ``true_on`` is when it was so, where that is known; ``received_at`` when the receiver in
    ``received_zone`` (IANA) learned it. ``said_at`` is given by ``known``.
    """

    fact_id: uuid.UUID
    kind: Kind
    value: Mapping[str, Any] = field(hash=False)
    received_at: datetime
    received_zone: str
    recorded_at: datetime
    source: str
    actor: str
    true_at: datetime | None = None
    true_on: date | None = None
    supersedes: uuid.UUID | None = None
    said_at: datetime | None = None
    """When it was first said, where it corrects another fact: a correction is no newer word."""

    @property
    def told_at(self) -> datetime:
        """When the word was recorded first, whatever was corrected in it since."""
        return self.said_at or self.recorded_at

    def takes_the_place_of(self, other: "Fact") -> bool:
        """Whether this word about the same thing ends the other.

        Newer is only what was received later *and* not recorded earlier. An older receipt that is
        entered late, and a later receipt that was entered before it, say both what they say.
        """
        return self.received_at > other.received_at and self.told_at >= other.told_at

    @property
    def received_on(self) -> date:
        """The receiver's calendar date: what Day 0 is made of."""
        return self.received_at.astimezone(ZoneInfo(self.received_zone)).date()


def known(facts: Iterable[Fact], as_of: datetime) -> tuple[Fact, ...]:
    """The facts that were recorded by ``as_of`` and not corrected by then, in the order of receipt.

    The order does not hang on the order of ``facts``.
    """
    recorded = {fact.fact_id: fact for fact in facts if fact.recorded_at <= as_of}
    corrected = {fact.supersedes for fact in recorded.values()}
    standing = [
        fact if fact.supersedes is None else replace(fact, said_at=_first(fact, recorded))
        for fact in recorded.values()
        if fact.fact_id not in corrected
    ]
    return tuple(sorted(standing, key=_order))


def _first(fact: Fact, recorded: Mapping[uuid.UUID, Fact]) -> datetime:
    """When the first of a chain of corrections was recorded."""
    while fact.supersedes is not None and fact.supersedes in recorded:
        fact = recorded[fact.supersedes]
    return fact.recorded_at


def _order(fact: Fact) -> tuple[datetime, datetime, int]:
    return fact.received_at, fact.recorded_at, fact.fact_id.int


def earliest_held(facts: Iterable[Fact]) -> dict[str, Fact]:
    """The fact by which each minimum criterion was first held: the earliest receipt anywhere."""
    found: dict[str, Fact] = {}
    for fact in facts:
        if fact.kind == "criterion" and fact.value["held"]:
            found.setdefault(str(fact.value["criterion"]), fact)
    return found


def completed_by(facts: Iterable[Fact]) -> Fact | None:
    """The fact with which all four minimum criteria were held; None while one is missing."""
    held = earliest_held(facts)
    if any(name not in held for name in MINIMUM_CRITERIA):
        return None
    return max((held[name] for name in MINIMUM_CRITERIA), key=_order)
