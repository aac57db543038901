"""Of which event a judgement was made, and whether the event is still that one.

Whether an event is expected weighs what it is and how severe it is (CTR Annex III 2.2): a judgement
of a mild event says nothing of a fatal one. Whether a drug caused it, or an exemption covers it,
weighs what it is. A judgement that no longer fits counts as none, until somebody judges anew.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.safety.domain.case import Event
from services.safety.domain.facts import FATAL, Fact

Of = Mapping[str, Any]


def as_judged(event: Event) -> dict[str, Any]:
    """The event as it is when somebody judges it: kept with the judgement, and signed."""
    fatal = [criterion for criterion in FATAL if criterion in event.seriousness]
    return {"term": event.term, "grade": event.grade, "fatal": fatal}


def of_same_event(judged: Fact, of: Of, descriptions: Sequence[Fact]) -> bool:
    """Whether the event still goes by the term that was judged. An old case without any description
    says nothing against it."""
    term = plain(of["term"])
    return _hold(descriptions, judged, lambda word: plain(word.value["term"]) == term)


def of_no_milder_event(
    judged: Fact, of: Of, descriptions: Sequence[Fact], fatal: Sequence[str]
) -> bool:
    """Whether the event is no more severe than it was judged: by its grade (a grade that was not
    known then is), and by the fatal criteria held. What turned out milder is covered."""

    def covered(word: Fact) -> bool:
        grade = word.value["grade"]
        return grade is None or (of["grade"] is not None and grade <= of["grade"])

    return set(fatal) <= set(of["fatal"]) and _hold(descriptions, judged, covered)


def of_same_onset(judged: Fact, onsets: Sequence[Fact]) -> bool:
    """Whether the onset is the one that was judged: another version may have been in force."""
    day = judged.value["onset_on"]
    return _hold(onsets, judged, lambda word: word.value["on"] == day) if onsets else day is None


def plain(term: str | None) -> str:
    """A term without what is no difference: case and spaces."""
    return " ".join((term or "").casefold().split())


def _hold(words: Sequence[Fact], judged: Fact, fits: Callable[[Fact], bool]) -> bool:
    """Whether what stands fits the judgement. Who judged knew what was recorded by then, also where
    an older word still stands beside the one that was judged."""
    if not words:
        return True
    known = all(fits(word) or word.recorded_at <= judged.recorded_at for word in words)
    return known and any(fits(word) for word in words)
