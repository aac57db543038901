"""What an amendment corrects among the facts that stand.

Its facts supersede the wrong ones and keep their receipt, so that Day 0 follows the truth.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from services.safety.domain.case import Report
from services.safety.domain.facts import Fact, Kind
from services.safety.domain.telling import (
    WORSE,
    Key,
    Told,
    content_of,
    key_of,
    taken_back,
    told_with,
)
from shared.study.safety import Safety


def corrections(
    safety: Safety, before: Report, after: Report, standing: Sequence[Fact], source: str
) -> list[Told]:
    """What an amendment corrects among the facts that stand: what it changes, wherever it was said
    so. Who said something else, another receiver for one, is not contradicted by it."""
    old, new = content_of(safety, before), content_of(safety, after)
    rest = {key: pair for key, pair in new.items() if old.get(key) != pair}
    return [
        *_corrected(before, after, standing, old, new, source),
        *(
            told_with(after, source, kind, value)
            for key, (kind, value) in rest.items()
            if _adds(kind, value, [dict(fact.value) for fact in standing if key_of(fact) == key],
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
    name, worse = WORSE.get(kind, ("", True))
    return value.get(name) is worse and all(each[name] is not worse for each in said)


def correction_fact(version: int, at: datetime, zone: str, source: str, *, significant: bool
                    ) -> Told:  # fmt: skip
    """That a version was corrected: what a report told before is to be told anew."""
    value = {"significant": significant, "version": version, "correction": True}
    return Told("follow_up", value, at, zone, source)


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
        key = key_of(fact)
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
    taken = taken_back(fact.kind, value)
    return value if taken is None else taken[1]
