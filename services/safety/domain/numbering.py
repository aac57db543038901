"""Which event of a case is which: numbers that stay, version after version.

Judgements are of an event by its number. So a number is never given to another event, and where it
is not said which event is meant, it is asked and not guessed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.safety.domain.case import Event
from services.safety.domain.intake import IntakeFault
from services.safety.domain.judged import plain


@dataclass(frozen=True)
class Given:
    """What is sent of an event beside the first, as far as it tells which one it is."""

    number: str | None
    term: str | None
    onset_on: date | None


class NumberFaults(Exception):
    """Events of which it is not said which they are; ``faults`` point at each."""

    def __init__(self, faults: Sequence[IntakeFault]) -> None:
        super().__init__(*(fault.code for fault in faults))
        self.faults = list(faults)


def numbers(
    given: Sequence[Given], before: Sequence[Event], used: Sequence[str]
) -> tuple[str, ...]:
    """The number of each event that was given. ``before`` are those of the version before, beside
    the first; ``used`` all that the case ever had.

    A number that was given stands. Without one it is the event of the same term and onset, or else
    the only one of that term. A new event takes the next number; while one of the version before is
    not accounted for, it says so by giving it. Raises ``NumberFaults``.
    """
    highest = max((int(number) for number in used), default=1)
    found: list[str | None] = [each.number for each in given]
    faults = list(_given_faults(found, used, highest))
    if faults:
        raise NumberFaults(faults)
    for same in (_same_onset, _same_term):
        _match(given, before, found, same)
    left_out = {each.number for each in before} - set(found)
    faults = [
        IntakeFault(f"/further_events/{index}/number", "event-number-missing",
                    "Say by its number which event of the case this is, or give the next number.")
        for index, number in enumerate(found) if number is None and left_out
    ]  # fmt: skip
    if faults:
        raise NumberFaults(faults)
    highest = max([highest, *(int(number) for number in found if number is not None)])
    free = iter(range(highest + 1, highest + 1 + len(given)))
    return tuple(str(next(free)) if number is None else number for number in found)


def _given_faults(
    found: Sequence[str | None], used: Sequence[str], highest: int
) -> Iterator[IntakeFault]:
    for index, number in enumerate(found):
        pointer = f"/further_events/{index}/number"
        if number is None:
            continue
        if number in found[:index]:
            yield IntakeFault(pointer, "event-repeated", "This number stands twice.")
        elif number not in used and int(number) != highest + 1:
            detail = "The case has no such event, and the next one takes the next number."
            yield IntakeFault(pointer, "event-unknown", detail)
        highest = max(highest, int(number))


def _match(
    given: Sequence[Given],
    before: Sequence[Event],
    found: list[str | None],
    same: Callable[[Given, Event], bool],
) -> None:
    for index, each in enumerate(given):
        if found[index] is not None:
            continue
        alike = [event for event in before if event.number not in found and same(each, event)]
        rivals = [i for i, e in enumerate(given) if found[i] is None and e.term == each.term]
        if alike and (same is _same_onset or len(alike) == len(rivals) == 1):
            found[index] = alike[0].number


def _same_onset(given: Given, event: Event) -> bool:
    return _same_term(given, event) and given.onset_on == event.onset_on


def _same_term(given: Given, event: Event) -> bool:
    return given.term is not None and plain(given.term) == plain(event.term)
