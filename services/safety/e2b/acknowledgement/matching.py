"""Which of what was sent an answer speaks of.

C.1.1 alone tells nothing, because a follow-up has the same. What counts is the batch number, the
report's number in either shape, and the instant of its creation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from services.safety.e2b.acknowledgement.answers import BatchAnswer, MessageAnswer
from services.safety.e2b.model import Batch
from services.safety.e2b.values import Precision, Stamp

_MIDNIGHT = "000000"


@dataclass(frozen=True, slots=True)
class Sent:
    """A report in a batch that was handed off: C.1.1, N.2.r.1 and C.1.2."""

    case: str
    message: str
    created: Stamp


@dataclass(frozen=True, slots=True)
class Submission:
    """A batch that was handed off, by its number N.1.2, which is never used again."""

    batch: str
    reports: tuple[Sent, ...]


class Stray(StrEnum):
    """Why an answer is parked for a person to look at."""

    BATCH = "no batch of this number was sent"
    REPORT = "the batch holds no report of this number"
    CREATED = "the report was created at another instant"


SentIn = Callable[[str], Submission | None]
"""The submission of a batch number, None where none was sent under it."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An answer, or one row of it, that fits nothing that was sent."""

    reason: Stray
    answer: BatchAnswer
    row: MessageAnswer | None = None


def submission_of(batch: Batch) -> Submission:
    """What to keep of a batch at hand-off. Raises ``ValueError`` where an id is missing."""
    reports = []
    for message in batch.messages:
        c_1 = message.report.c_1
        if c_1.c_1_1 is None or not isinstance(c_1.c_1_2, Stamp):
            raise ValueError("a report without C.1.1 or C.1.2 cannot be matched later")
        reports.append(Sent(c_1.c_1_1, message.n_2_r_1 or c_1.c_1_1, c_1.c_1_2))
    if batch.n_1_2 is None:
        raise ValueError("a batch without N.1.2 cannot be matched later")
    return Submission(batch.n_1_2, tuple(reports))


def match(answer: BatchAnswer, sent: SentIn) -> tuple[Submission | None, tuple[Parked, ...]]:
    """The submission that is answered, and what is to be parked; ``sent`` finds one by
    its batch number."""
    submission = sent(answer.batch)
    if submission is None:
        return None, (Parked(Stray.BATCH, answer),)
    parked = []
    for row in answer.messages:
        found = report_of(submission, row)
        if isinstance(found, Stray):
            parked.append(Parked(found, answer, row))
    return submission, tuple(parked)


def report_of(submission: Submission, row: MessageAnswer) -> Sent | Stray:
    """The report that a row speaks of."""
    named = [sent for sent in submission.reports if row.target in _shapes(sent)]
    if not named:
        return Stray.REPORT
    created = row.created
    if created is None:
        return named[0] if len(named) == 1 else Stray.CREATED
    fitting = [sent for sent in named if _same(sent.created, created)]
    return fitting[0] if len(fitting) == 1 else Stray.CREATED


def _shapes(sent: Sent) -> tuple[str, ...]:
    return sent.case, sent.message, f"{sent.message} {sent.case}"


def _same(sent: Stamp, told: Stamp) -> bool:
    """One instant; a receiver that keeps only days tells midnight, or no time at all."""
    precision = told.precision
    if precision is None or precision < Precision.DAY:
        return False
    if precision is Precision.DAY or told.text[8:14] == _MIDNIGHT:
        return told.text[:8] == sent.text[:8]
    if not told.has_zone or not sent.has_zone:
        return told.text[:14] == sent.text[:14]
    return told.earliest() == sent.earliest()
