"""What authorities answer to reports: kept as it came, matched, and recorded."""

import hashlib
import uuid
from collections.abc import Mapping
from typing import Any

from services.safety import handoff_repository, submission_service
from services.safety.e2b.acknowledgement.matching import Sent, Submission
from services.safety.e2b.values import Stamp
from services.safety.handoff_schemas import IcsrAnswer, IcsrAnswers
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.pagination import Page


def take_answer(work: UnitOfWork, content: bytes) -> IcsrAnswer:
    """Keep a file that came, match it, and record what the authority said.

    The same bytes again are the same answer. Nothing that came is refused: what fits nothing is
    parked, and a person told.
    """
    from services.safety.e2b.acknowledgement.intake import take

    sha256 = hashlib.sha256(content).hexdigest()
    if handoff_repository.known_answer(work, sha256) is None:
        asked: dict[str, Row] = {}

        def sent_in(batch: str) -> Submission | None:
            found = handoff_repository.sent_in(work, batch)
            return None if found is None else _submission(asked.setdefault(batch, found))

        taken = take(content, sent_in)
        row = None if taken.submission is None else asked[taken.submission.batch]
        if taken.fault is not None:
            state, notes = "unreadable", [taken.fault]
        elif taken.parked or row is None:
            state, notes = "parked", [each.reason.value for each in taken.parked]
        else:
            state, notes = _standing(work, row, content)
            _record(work, row, state, sha256)
        _keep(work, row, content, sha256, state, notes)
    kept = handoff_repository.known_answer(work, sha256)
    if kept is None:
        raise AssertionError("what was just kept is there")
    return _answer(kept)


def apply_kept(work: UnitOfWork, icsr_id: str) -> None:
    """Record what came before the submission was: a gateway may have a file, its answer be here,
    and a sweep that died not have written down that it was delivered."""
    row = handoff_repository.sent_as(work, icsr_id)
    if row is None or not handoff_repository.contents(work, row["icsr_id"]):
        return
    state, _ = _standing(work, row, None)
    _record(work, row, state, row["sha256"])


def list_answers(work: UnitOfWork, at: Page) -> IcsrAnswers:
    """Every file that came, page by page."""
    rows = handoff_repository.answers(work, at.after, at.limit + 1)
    return IcsrAnswers(
        items=[_answer(row) for row in at.cut(rows)], next=at.next(rows, "answer_id")
    )


def _standing(work: UnitOfWork, row: Row, content: bytes | None) -> tuple[str, list[str]]:
    """Where the report stands by all answers to it, whatever their order, and by ``content``."""
    from services.safety.e2b.acknowledgement.intake import take
    from services.safety.e2b.acknowledgement.standing import State, standings

    submission = _submission(row)
    kept = handoff_repository.contents(work, row["icsr_id"])
    files = kept if content is None else [*kept, content]
    told = [take(each, {submission.batch: submission}.get).answer for each in files]
    (found,) = standings(submission, [each for each in told if each is not None])
    unanswered = found.state in {State.HANDED_OFF, State.RECEIVED}
    notes = [alarm.value for alarm in sorted(found.alarms)]
    notes += [each.text for each in found.rows if each.text]
    return "received" if unanswered else found.state.value, notes


def _record(work: UnitOfWork, row: Row, state: str, reference: str) -> None:
    """An acceptance meets the obligations; a rejection leaves them on their Day 0, and is told.

    In a conflict both are recorded: whichever came first, the report stands where it stands by
    the set of its answers.
    """
    said = {"accepted": {True}, "rejected": {False}, "conflict": {True, False}}.get(state, set())
    if row["submission_id"] is None or not said:
        return
    known = submission_service.answers_to(work, row["case_number"], row["submission_id"])
    for accepted in sorted(said - known):
        submission_service.record_acknowledgement(
            work,
            row["case_number"],
            row["submission_id"],
            accepted=accepted,
            received_at=work.now,
            reference=reference,
        )


def _keep(
    work: UnitOfWork, row: Row | None, content: bytes, sha256: str, state: str, notes: list[str]
) -> None:
    answer: Mapping[str, Any] = {
        "answer_id": str(uuid.uuid4()),
        "site": None if row is None else row["site_id"],
        "subject": None if row is None else row["subject_id"],
        "sha256": sha256,
        "content": content,
        "icsr_id": None if row is None else row["icsr_id"],
        "state": state,
    }
    work.because("answer of the authority")
    handoff_repository.add_answer(work, answer, notes=notes)
    if state not in {"received", "accepted"}:
        log("answer needs a person", level="error", study=work.study, problem=state)


def _submission(row: Row) -> Submission:
    reports = tuple(Sent(case, message, Stamp(made)) for case, message, made in row["reports"])
    return Submission(row["batch"], reports)


def _answer(row: Row) -> IcsrAnswer:
    return IcsrAnswer(
        answer_id=str(row["answer_id"]),
        sha256=row["sha256"],
        received_at=row["received_at"],
        state=row["state"],
        case_number=row["case_number"],
        batch=row["batch"],
        notes=list(row["notes"]),
    )
