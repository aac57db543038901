"""Dated facts of a case: what classification rests on, and nothing else.

A fact is never changed. It says when it was true, when it was received (in whose zone), when it was
recorded, by whom, and which fact it corrects; so that yesterday's answer can be given again after
today's correction.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

Kind = Literal[
    "site_awareness", "receipt", "criterion", "serious", "seriousness", "onset", "suspect",
    "causality", "expectedness", "anticipated", "exemption", "special_interest", "follow_up",
    "submission", "acknowledgement", "waiver", "nullification", "lock", "link", "coding",
]  # fmt: skip
Party = Literal["investigator", "sponsor"]

MINIMUM_CRITERIA: Final = (
    "identifiable_patient", "identifiable_reporter", "event", "suspect_product",
)  # fmt: skip
"""The four minimum criteria of a valid report (ICH E2A III.B.2)."""

ARM_REVEALING: Final = frozenset({"suspect", "causality", "expectedness"})
"""Kinds whose content or number tells the product, and so the arm."""


@dataclass(frozen=True)
class Fact:
    """One fact. ``value`` holds JSON scalars and lists, by kind:

    - ``receipt``: party, reference; ``criterion``: criterion, held
    - ``serious``: event, serious; ``seriousness``: event, criterion, held; ``onset``: event, on
    - ``suspect``: product, suspect; ``causality``: party, product, event, related
    - ``expectedness``: product, event, expected, rsi, regions, onset_on
    - ``anticipated``: event, listed, list
    - ``exemption``: event, exemption, applies, days, rule_sets
    - ``special_interest``: code; ``follow_up``: significant, version
    - ``submission``: submission, authority, kinds, obligations, complete
    - ``acknowledgement``: submission, accepted; ``waiver``: obligation
    - ``nullification``: reason, duplicate_of; ``lock``: locked; ``link``: case, relation
    - ``coding``: event, code, version, name: a lowest level term of MedDRA

    ``true_at`` or ``true_on`` is when it was so, where that is known; ``received_at`` when the
    receiver in ``received_zone`` (IANA) learned it.
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

    @property
    def received_on(self) -> date:
        """The receiver's calendar date: what Day 0 is made of."""
        return self.received_at.astimezone(ZoneInfo(self.received_zone)).date()


def known(facts: Iterable[Fact], as_of: datetime) -> tuple[Fact, ...]:
    """The facts that were recorded by ``as_of`` and not corrected by then, in the order of receipt.

    The order does not hang on the order of ``facts``.
    """
    recorded = [fact for fact in facts if fact.recorded_at <= as_of]
    corrected = {fact.supersedes for fact in recorded}
    standing = [fact for fact in recorded if fact.fact_id not in corrected]
    return tuple(sorted(standing, key=_order))


def _order(fact: Fact) -> tuple[datetime, datetime, str]:
    return fact.received_at, fact.recorded_at, str(fact.fact_id)


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
