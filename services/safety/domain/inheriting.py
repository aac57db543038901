"""What passes from a nullified duplicate to the case that remains.

Who received the duplicate received the event: the earliest awareness counts (ICH E2A III.B), by
whichever case it came. Judgements stay with the case they were signed for, and nothing that would
take a clock away passes.
"""

from collections.abc import Iterable, Iterator, Mapping

from services.safety.domain.case import FIRST, Report
from services.safety.domain.facts import Fact
from services.safety.domain.judged import plain
from services.safety.domain.telling import Told

_PASSES: Mapping[str, str | None] = {
    "site_awareness": None,
    "receipt": None,
    "criterion": "held",
    "serious": "serious",
    "seriousness": "held",
}
"""Kinds that pass, and the answer that must be true for it."""


def inherited(
    duplicate: Iterable[Fact], nullified: Report, remaining: Report, number: str
) -> Iterator[Told]:
    """The facts of the duplicate, case ``number``, as facts of the case that remains: each with its
    own receipt. An event is the one of the same term there, and else the first."""
    same = {event.number: _same(event.term, remaining) for event in nullified.events}
    for fact in duplicate:
        if fact.kind not in _PASSES or not fact.value.get(_PASSES[fact.kind] or "", True):
            continue
        value = dict(fact.value)
        if "event" in value:
            value["event"] = same.get(value["event"], FIRST)
        yield Told(
            fact.kind,
            value,
            fact.received_at,
            fact.received_zone,
            f"{fact.source}, by case {number}",
            fact.true_at,
            fact.true_on,
        )


def _same(term: str | None, report: Report) -> str:
    if not plain(term):
        return FIRST
    return next((e.number for e in report.events if plain(e.term) == plain(term)), FIRST)
