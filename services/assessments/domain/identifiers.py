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

_DIGIT = re.compile(r"\d")
_EMAIL = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\.[a-z]{2,}", re.IGNORECASE)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = rf"(?P<month>{'|'.join(_MONTHS)})[a-z]*"
_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})[-/. ](?P<month>\d{1,2})[-/. ]\d{1,2}(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>\d{4})(?P<month>\d{2})\d{2}(?!\d)"),
    re.compile(r"(?<!\d)\d{1,2}[-/.] ?(?P<month>\d{1,2})[-/.] ?(?P<year>\d{4}|\d{2})(?!\d)"),
    re.compile(rf"(?<!\d)\d{{1,2}}\.? {_NAMED}\.?,? (?P<year>\d{{4}})(?!\d)", re.IGNORECASE),
    re.compile(rf"\b{_NAMED}\.? \d{{1,2}},? (?P<year>\d{{4}})(?!\d)", re.IGNORECASE),
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
        if kept is not None:
            for text in _texts(kept, free=free):
                yield from in_text(("items", name), text, state.birth_year_month)
    yield from in_text(("reason",), history.latest.reason, state.birth_year_month)


def in_text(where: tuple[str, ...], text: str, born: str) -> Iterator[Fault]:
    """The fault of a text that identifies a child born in that month (YYYY-MM); none otherwise."""
    if tells(text, born):
        words = "it holds the date of birth or an address of e-mail: leave it out"
        yield Fault(where, "identifier-refused", words)


def tells(text: str, born: str) -> bool:
    """Whether a text holds a day of the month of birth (YYYY-MM), or an address of e-mail."""
    if "@" in text and _EMAIL.search(text):
        return True
    if not _DIGIT.search(text):
        return False
    year, month = (int(part) for part in born.split("-"))
    return any(
        int(found["year"]) in {year, year % 100} and _month(found["month"]) == month
        for pattern in _DATES
        for found in pattern.finditer(text)
    )


def names_child(key: str, born: str) -> bool:
    """Whether a subject number can be a name (it has no digit), or holds the month of birth."""
    digits = re.sub(r"\D", "", key)
    year, month = born.split("-")
    return not digits or any(each in digits for each in (year + month, month + year))


def _month(text: str) -> int:
    return int(text) if text.isdecimal() else _MONTHS.index(text[:3].lower()) + 1


def _texts(kept: Kept, *, free: bool) -> list[str]:
    texts = [kept.text if free else None, kept.null_reason]
    return [text for text in texts if text is not None]
