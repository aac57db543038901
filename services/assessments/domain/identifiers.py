"""Free text that would tell who the child is is not taken.

Names cannot be told from other words, and are the site's to leave out. What can be told is: the
full date of a birth of which only the month is kept (GDPR Art. 5(1)(c), data minimisation), and an
address of e-mail.
"""

import re
from collections.abc import Iterator

from services.assessments.domain.check_plan import plan_of
from services.assessments.domain.faults import Fault
from services.assessments.domain.history import History
from services.assessments.domain.kept import Kept
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}", re.IGNORECASE)
_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})[-/. ](?P<month>\d{1,2})[-/. ]\d{1,2}(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}[-/.] ?(?P<month>\d{1,2})[-/.] ?(?P<year>\d{4})(?!\d)"),
    # As it is written in the United States: the month first.
    re.compile(r"(?<!\d)(?P<month>\d{1,2})/\d{1,2}/(?P<year>\d{4})(?!\d)"),
)


def identifying(
    definition: StudyDefinition, state: SubjectState, history: History
) -> Iterator[Fault]:
    """The free texts of the record's latest version that identify the subject."""
    items = plan_of(definition).items[history.form]
    for name, kept in history.latest.changes.items():
        free = name in items and items[name].type == "text"
        if kept is not None and any(tells(text, state) for text in _texts(kept, free=free)):
            yield Fault(("items", name), "identifier-refused", _WORDS)
    if tells(history.latest.reason, state):
        yield Fault(("reason",), "identifier-refused", _WORDS)


_WORDS = "it holds the date of birth or an address of e-mail: leave it out"


def tells(text: str, state: SubjectState) -> bool:
    """Whether a text holds a day of the month of birth, or an address of e-mail."""
    if _EMAIL.search(text):
        return True
    born = tuple(int(part) for part in state.birth_year_month.split("-"))
    return any(
        (int(found["year"]), int(found["month"])) == born
        for pattern in _DATES
        for found in pattern.finditer(text)
    )


def _texts(kept: Kept, *, free: bool) -> list[str]:
    texts = [kept.text if free else None, kept.null_reason]
    return [text for text in texts if text is not None]
