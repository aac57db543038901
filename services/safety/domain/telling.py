"""From the content of a case's versions to dated facts: what a version tells that is new.

A follow-up tells what changed, received when it was received. An amendment corrects what was said
wrongly: its facts supersede the wrong ones and keep their receipt, so that Day 0 follows the truth.
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
_WORSE: Mapping[str, tuple[str, bool]] = {
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
        *(_told(report, source, kind, value) for kind, value in _content(safety, report).values()),
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
    old, new = _content(safety, before), _content(safety, after)
    by_then = [fact for fact in standing if fact.received_at <= after.received_at]
    changed = [
        pair
        for key, pair in new.items()
        if old.get(key) != pair or _is_first(pair, [f for f in by_then if _key(f) == key])
    ]
    gone = [taken for key in old.keys() - new.keys() if (taken := _taken_back(*old[key]))]
    content = sorted(changed + gone, key=lambda pair: (pair[0], sorted(map(str, pair[1].items()))))
    return [
        *_arrival(after, party, source),
        *(_told(after, source, kind, value) for kind, value in content),
    ]


def _is_first(pair: tuple[Kind, Mapping[str, Any]], words: Sequence[Fact]) -> bool:
    """Whether nobody had said so by then: nothing at all, or nothing as bad."""
    kind, value = pair
    name, worse = _WORSE.get(kind, ("", True))
    if not words or name == "":
        return not words
    return value[name] is worse and all(word.value[name] is not worse for word in words)


def corrections(
    safety: Safety, before: Report, after: Report, standing: Sequence[Fact], source: str
) -> list[Told]:
    """What an amendment corrects among the facts that stand: what it changes, wherever it was said
    so. Who said something else, another receiver for one, is not contradicted by it."""
    old, new = _content(safety, before), _content(safety, after)
    rest = {key: pair for key, pair in new.items() if old.get(key) != pair}
    return [
        *_corrected(before, after, standing, old, new, source),
        *(
            _told(after, source, kind, value)
            for key, (kind, value) in rest.items()
            if _adds(kind, value, [dict(fact.value) for fact in standing if _key(fact) == key],
                     old.get(key))
        ),
    ]  # fmt: skip


def _adds(
    kind: Kind,
    value: Mapping[str, Any],
    said: Sequence[Mapping[str, Any]],
    corrected: tuple[Kind, Mapping[str, Any]] | None,
) -> bool:
    """Whether what an amendment says is to be told beside what stands: where nothing stands, or
    where all of it is milder and none of it is corrected."""
    if not said:
        return True
    if corrected is not None and corrected[1] in said:
        return False
    name, worse = _WORSE.get(kind, ("", True))
    return value.get(name) is worse and all(each[name] is not worse for each in said)


def correction_fact(version: int, at: datetime, zone: str, source: str, *, significant: bool
                    ) -> Told:  # fmt: skip
    """That a version was corrected: what a report told before is to be told anew."""
    value = {"significant": significant, "version": version, "correction": True}
    return Told("follow_up", value, at, zone, source)


def related_by_record(before: Report | None, report: Report, source: str) -> list[Told]:
    """The investigator's word that products are related, as a record of the site gives it.

    Such a word starts a clock. Its contrary stops none: for that an investigator signs.
    """
    known = () if before is None else before.products
    return [
        _told(
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
    yield _told(report, source, "receipt", {"party": party, "reference": None})


def _told(report: Report, source: str, kind: Kind, value: Mapping[str, Any]) -> Told:
    return Told(kind, value, report.received_at, report.received_zone, source)


def _content(safety: Safety, report: Report) -> dict[Key, tuple[Kind, dict[str, Any]]]:
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
    if anticipated is not None and event.term in anticipated.terms:
        yield "anticipated", {
            "event": event.number, "listed": True, "list": anticipated.version,
        }  # fmt: skip


def _taken_back(kind: Kind, value: Mapping[str, Any]) -> tuple[Kind, dict[str, Any]] | None:
    """What it means that a version no longer says something. A minimum criterion that was held was
    held: its receipt stands."""
    negated = {"suspect": "suspect", "serious": "serious", "anticipated": "listed"}
    if kind in negated:
        return kind, dict(value) | {negated[kind]: False}
    if kind == "description":
        return kind, dict(value) | {"term": None, "grade": None}
    return ("onset", dict(value) | {"on": None}) if kind == "onset" else None


def _corrected(
    before: Report,
    after: Report,
    standing: Sequence[Fact],
    old: Mapping[Key, tuple[Kind, dict[str, Any]]],
    new: Mapping[Key, tuple[Kind, dict[str, Any]]],
    source: str,
) -> Iterator[Told]:
    moved = (before.received_at, before.received_zone) != (after.received_at, after.received_zone)
    for fact in standing:
        value, true_at = dict(fact.value), fact.true_at
        key = _key(fact)
        wrong = key is not None and key in old and old[key] == (fact.kind, value)
        if key is not None and wrong and key in new:
            value = new[key][1]
        elif wrong:
            value = _withdrawn(fact)
        own = fact.received_at == before.received_at
        if fact.kind == "site_awareness" and own:
            true_at = after.aware_at
        redated = moved and own and (key is not None or fact.kind in {"receipt", "site_awareness"})
        if redated or value != dict(fact.value) or true_at != fact.true_at:
            yield Told(
                fact.kind,
                value,
                after.received_at if redated else fact.received_at,
                after.received_zone if redated else fact.received_zone,
                source,
                true_at,
                fact.true_on,
                fact,
            )


def _withdrawn(fact: Fact) -> dict[str, Any]:
    """A fact's value once an amendment says that it never was so."""
    value = dict(fact.value)
    if fact.kind in {"criterion", "seriousness"}:
        return value | {"held": False}
    taken = _taken_back(fact.kind, value)
    return value if taken is None else taken[1]


def _key(fact: Fact) -> Key | None:
    return _name(fact.kind, fact.value) if fact.kind in _KEYS else None


def _name(kind: str, value: Mapping[str, Any]) -> Key:
    return (kind, *(str(value[part]) for part in _KEYS[kind]))
