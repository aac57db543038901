"""From the content of a case's versions to dated facts: what a version tells that is new.

A follow-up tells what changed, received when it was received. What an amendment corrects:
``correcting``.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.safety.domain.case import FIRST, Event, Report, minimum_criteria
from services.safety.domain.facts import Fact, Kind
from shared.study.safety import Safety

Key = tuple[str, ...]
_KEYS: Mapping[str, tuple[str, ...]] = {
    "criterion": ("criterion",),
    "serious": ("event",),
    "seriousness": ("event", "criterion"),
    "onset": ("event",),
    "description": ("event",),
    "suspect": ("product",),
    "anticipated": ("event",),
    "special_interest": ("code",),
}
"""What names a fact of content, by kind."""
WORSE: Mapping[str, tuple[str, bool]] = {
    "criterion": ("held", True),
    "serious": ("serious", True),
    "seriousness": ("held", True),
    "suspect": ("suspect", True),
    "anticipated": ("listed", False),
}
"""Which answer of a kind is the worse one: what may start a clock."""


@dataclass(frozen=True)
class Told:
    """A fact to be: everything of it but its id, when it was recorded, and by whom."""

    kind: Kind
    value: Mapping[str, Any]
    received_at: datetime
    received_zone: str
    source: str
    true_at: datetime | None = None
    true_on: date | None = None
    supersedes: Fact | None = None
    fact_id: uuid.UUID | None = None
    """Given where it must be known beforehand, as by a signature of it."""


def first_told(safety: Safety, report: Report, party: str, source: str) -> list[Told]:
    """What the first version of a case tells."""
    return [
        *_arrival(report, party, source),
        *(
            told_with(report, source, kind, value)
            for kind, value in content_of(safety, report).values()
        ),
    ]


def newly_told(
    safety: Safety,
    before: Report,
    after: Report,
    standing: Sequence[Fact],
    party: str,
    source: str,
) -> list[Told]:
    """What a follow-up tells that the version before did not, or nobody had received by then: the
    follow-up may come from whoever had it first."""
    old, new = content_of(safety, before), content_of(safety, after)
    by_then = [fact for fact in standing if fact.received_at <= after.received_at]
    changed = [
        pair
        for key, pair in new.items()
        if old.get(key) != pair or _is_first(pair, [f for f in by_then if key_of(f) == key])
    ]
    gone = [taken for key in old.keys() - new.keys() if (taken := taken_back(*old[key]))]
    content = sorted(changed + gone, key=lambda pair: (pair[0], sorted(map(str, pair[1].items()))))
    return [
        *_arrival(after, party, source),
        *(told_with(after, source, kind, value) for kind, value in content),
    ]


def _is_first(pair: tuple[Kind, Mapping[str, Any]], words: Sequence[Fact]) -> bool:
    """Whether nobody had said so by then: nothing at all, or nothing as bad."""
    kind, value = pair
    name, worse = WORSE.get(kind, ("", True))
    if not words or name == "":
        return not words
    return value[name] is worse and all(word.value[name] is not worse for word in words)


def related_by_record(before: Report | None, report: Report, source: str) -> list[Told]:
    """The investigator's word that products are related, as a record of the site gives it.

    Such a word starts a clock. Its contrary stops none: for that an investigator signs.
    """
    known = () if before is None else before.products
    return [
        told_with(
            report,
            source,
            "causality",
            {"party": "investigator", "product": product, "event": FIRST, "related": True},
        )
        for product in report.products
        if product not in known
    ]


def _arrival(report: Report, party: str, source: str) -> Iterator[Told]:
    yield Told(
        "site_awareness", {}, report.received_at, report.received_zone, source, report.aware_at
    )
    yield told_with(report, source, "receipt", {"party": party, "reference": None})


def told_with(report: Report, source: str, kind: Kind, value: Mapping[str, Any]) -> Told:
    """A fact received with the report."""
    return Told(kind, value, report.received_at, report.received_zone, source)


def content_of(safety: Safety, report: Report) -> dict[Key, tuple[Kind, dict[str, Any]]]:
    """The facts that the content of a version makes, each by what it is about."""
    found: list[tuple[Kind, dict[str, Any]]] = [
        ("criterion", {"criterion": name, "held": True}) for name in minimum_criteria(report).held
    ]
    for event in report.events:
        found += _of_event(safety, event)
    found += [("suspect", {"product": name, "suspect": True}) for name in report.products]
    if report.special_interest is not None:
        found.append(("special_interest", {"code": report.special_interest.code}))
    return {_name(kind, value): (kind, value) for kind, value in found}


def _of_event(safety: Safety, event: Event) -> Iterator[tuple[Kind, dict[str, Any]]]:
    yield "serious", {"event": event.number, "serious": event.serious}
    # A serious event without any criterion leaves them all open: nobody has said that the child did
    # not die.
    if event.seriousness or not event.serious:
        for criterion in safety.seriousness:
            held = criterion.code in event.seriousness
            yield "seriousness", {
                "event": event.number, "criterion": criterion.code, "held": held,
            }  # fmt: skip
    if event.term is not None or event.grade is not None:
        yield "description", {"event": event.number, "term": event.term, "grade": event.grade}
    if event.onset_on is not None:
        yield "onset", {"event": event.number, "on": event.onset_on.isoformat()}
    anticipated = safety.anticipated
    # Said both ways: that a term is not on the list must stand against an older word that one is.
    if anticipated is not None and event.term is not None:
        yield "anticipated", {
            "event": event.number, "listed": event.term in anticipated.terms,
            "list": anticipated.version,
        }  # fmt: skip


def taken_back(kind: Kind, value: Mapping[str, Any]) -> tuple[Kind, dict[str, Any]] | None:
    """What it means that a version no longer says something. A minimum criterion that was held was
    held: its receipt stands."""
    negated = {"suspect": "suspect", "serious": "serious", "anticipated": "listed"}
    if kind in negated:
        return kind, dict(value) | {negated[kind]: False}
    if kind == "description":
        return kind, dict(value) | {"term": None, "grade": None}
    return ("onset", dict(value) | {"on": None}) if kind == "onset" else None


def key_of(fact: Fact) -> Key | None:
    """What a fact of content is about; None for any other fact."""
    return _name(fact.kind, fact.value) if fact.kind in _KEYS else None


def _name(kind: str, value: Mapping[str, Any]) -> Key:
    return (kind, *(str(value[part]) for part in _KEYS[kind]))
