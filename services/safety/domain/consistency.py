"""What does not fit together in a case: asked, never decided by the machine.

Severity is not seriousness: a grade says nothing of the criteria, except that grade 5 is death
(CTCAE v4.03).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from services.safety.domain.case import Event, Report


@dataclass(frozen=True)
class Question:
    """Something to ask of the site: a stable code, the event, and words."""

    code: str
    event: str
    text: str


def questions(report: Report) -> tuple[Question, ...]:
    """What to ask about a version of a case."""
    return tuple(question for event in report.events for question in _of_event(event))


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
