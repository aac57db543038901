"""Where each report of a submission stands: a pure function of the set of answers to it.

Evidence is only ever added, and the state is read off it. So order, repetition and delay of
answers make no difference, and no state ever goes back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from services.safety.e2b.acknowledgement.answers import (
    BatchAnswer,
    BatchCode,
    MessageAnswer,
    MessageCode,
    TransportReceipt,
)
from services.safety.e2b.acknowledgement.matching import Sent, Submission, report_of


class State(StrEnum):
    """``ACCEPTED`` alone counts as submitted; everything else leaves the obligation open."""

    HANDED_OFF = "handed_off"
    RECEIVED = "transport_receipt"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CONFLICT = "conflict"


class Alarm(StrEnum):
    """What a person must look at."""

    REJECTED = "rejected"
    CONFLICT = "accepted and rejected"
    INCONSISTENT = "the answer to the batch does not go with that to the report"
    NOT_LISTED = "all are said to be accepted and this one is not listed"


@dataclass(frozen=True, slots=True)
class Standing:
    """A report with all that was answered to it; rows are in an order of their own content."""

    report: Sent
    state: State
    alarms: frozenset[Alarm]
    rows: tuple[MessageAnswer, ...]

    @property
    def submitted(self) -> bool:
        return self.state is State.ACCEPTED


Answer = BatchAnswer | TransportReceipt


def standings(submission: Submission, answers: Iterable[Answer]) -> tuple[Standing, ...]:
    """Every report of the submission; answers to other batches change nothing."""
    own = {answer for answer in answers if answer.batch == submission.batch}
    return tuple(_standing(submission, report, own) for report in submission.reports)


def _standing(submission: Submission, report: Sent, answers: set[Answer]) -> Standing:
    batches = [one for one in answers if isinstance(one, BatchAnswer)]
    pairs = {
        (batch.code, row)
        for batch in batches
        for row in batch.messages
        if report_of(submission, row) == report
    }
    accepted = any(row.code is MessageCode.CA for _, row in pairs)
    refused = any(row.code is MessageCode.CR for _, row in pairs) or any(
        batch.code is BatchCode.AR for batch in batches
    )
    received = bool(answers)
    alarms = set(_alarms(pairs, accepted, refused))
    if any(batch.code is BatchCode.AA for batch in batches) and not pairs and not refused:
        alarms.add(Alarm.NOT_LISTED)
    rows = sorted({row for _, row in pairs}, key=_row_order)
    return Standing(report, _state(accepted, refused, received), frozenset(alarms), tuple(rows))


def _state(accepted: bool, refused: bool, received: bool) -> State:
    if accepted and refused:
        return State.CONFLICT
    if accepted:
        return State.ACCEPTED
    if refused:
        return State.REJECTED
    return State.RECEIVED if received else State.HANDED_OFF


def _alarms(
    pairs: set[tuple[BatchCode, MessageAnswer]], accepted: bool, refused: bool
) -> Iterable[Alarm]:
    if accepted and refused:
        yield Alarm.CONFLICT
    elif refused:
        yield Alarm.REJECTED
    if (BatchCode.AA, MessageCode.CR) in {(code, row.code) for code, row in pairs}:
        yield Alarm.INCONSISTENT


def _row_order(row: MessageAnswer) -> tuple[str, ...]:
    created = "" if row.created is None else row.created.text
    return row.target, created, row.code, row.number or "", row.text or ""
