"""What does not fit together in a case: asked, never decided by the machine.

Severity is not seriousness: a grade says nothing of the criteria, except that grade 5 is death
(CTCAE v4.03).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from services.safety.domain.case import FIRST, Event, Report
from services.safety.domain.intake import FURTHEST_AHEAD


@dataclass(frozen=True)
class Question:
    """Something to ask of the site: a stable code, the event, and words."""

    code: str
    event: str
    text: str


def questions(report: Report, born: str | None = None) -> tuple[Question, ...]:
    """What to ask about a version of a case of a child born in the month ``born`` (YYYY-MM)."""
    return (
        *_of_times(report),
        *(
            question
            for event in report.events
            for question in (*_of_event(event), *_of_dates(event, report.received_at, born))
        ),
    )


def _of_times(report: Report) -> Iterator[Question]:
    if report.aware_at > report.received_at:
        text = "The sponsor's side received it before the site was aware. When was the site aware?"
        yield Question("aware-after-receipt", FIRST, text)


def _of_dates(event: Event, received_at: datetime, born: str | None) -> Iterator[Question]:
    """A site may have written a date wrongly: what it saw is taken all the same."""
    if event.onset_on is None:
        return
    if event.onset_on > (received_at.astimezone(UTC) + FURTHEST_AHEAD).date():
        text = "The event is said to have begun after it was reported."
        yield Question("onset-after-receipt", event.number, text)
    if born is not None and f"{event.onset_on:%Y-%m}" < born:
        text = "The event is said to have begun before the child was born."
        yield Question("onset-before-birth", event.number, text)


def _of_event(event: Event) -> Iterator[Question]:
    died = "death" in event.seriousness
    if event.grade == 5 and not died:
        text = "Grade 5 is death, and the event is not said to have resulted in death."
        yield Question("grade-5-without-death", event.number, text)
    if died and event.grade is not None and event.grade != 5:
        text = "The event resulted in death, and its grade is not 5."
        yield Question("death-without-grade-5", event.number, text)
    if event.grade == 4 and not died and "life_threatening" not in event.seriousness:
        text = "Grade 4: was the child at immediate risk of death?"
        yield Question("grade-4-without-life-threatening", event.number, text)
    if (event.outcome == "FATAL") != died and event.outcome is not None:
        text = "Outcome and seriousness disagree on whether the child died of it."
        yield Question("outcome-against-death", event.number, text)
    if event.serious and not event.seriousness:
        text = "Serious by which of the criteria?"
        yield Question("serious-without-criterion", event.number, text)
