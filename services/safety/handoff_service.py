"""Sealed messages go to the gateway: claimed under a lease, handed over without any lock, recorded.

The file is delivered before it is written down that it was. The same name and bytes again is no
second delivery, so what a sweep that died in between has left is simply repeated.
"""

from services.safety import answer_use_cases, handoff_repository, submission_service
from services.safety.domain.obligations import RUNNING
from services.safety.e2b.gateway import LEASE, DeliveryError, UnknownEndError
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log


def waiting(work: UnitOfWork) -> list[str]:
    """The messages of the study that wait, oldest first."""
    return handoff_repository.waiting(work)


def claim(work: UnitOfWork, icsr_id: str) -> Row | None:
    """A message that waits, leased; None where it waits no more, somebody has it, or it is
    withdrawn now. Committed: no lock is held while it is handed over."""
    row = _owed(work, icsr_id)
    return None if row is None else handoff_repository.lease(work, row["icsr_id"], work.now + LEASE)


def settle(work: UnitOfWork, icsr_id: str) -> None:
    """Withdraw a message of which nothing is owed any more, where no gateway is there to claim it
    for."""
    _owed(work, icsr_id)


def _owed(work: UnitOfWork, icsr_id: str) -> Row | None:
    """The message, held, where one of its obligations is still to be met; otherwise it is withdrawn
    for good. One that a gateway may have is on its way, whatever became of them."""
    row = handoff_repository.hold(work, icsr_id)
    if row is None or row["claimed_at"] is not None:
        return row
    named = submission_service.named(work, row, row["obligations"])
    if any(each["state"] in RUNNING for each in named):
        return row
    ends = ", ".join(sorted(f"{each['clock_id']} is {each['state']}" for each in named))
    work.because("report withdrawn: nothing of it is owed")
    handoff_repository.withdraw(work, row["icsr_id"], f"Nothing of it is owed any more: {ends}.")
    log("report withdrawn", level="warning", study=work.study)
    return None


def record(work: UnitOfWork, row: Row, refused: DeliveryError | None) -> bool:
    """Write down what became of a claimed message; whether it is now on record as delivered.

    What a gateway has is recorded whatever became of the obligations meanwhile, from the instant
    since which it may have it, and an answer that was here before is applied. What it did not take
    stays waiting, with the reason; the clocks run on.
    """
    if handoff_repository.still_waiting(work, row["icsr_id"]) is None:
        return False
    if refused is not None:
        _failed(work, row, refused)
        return False
    made = submission_service.Submission(
        authority=row["authority"],
        obligations=row["obligations"],
        sent_at=row["claimed_at"],
        zone=row["zone"],
        complete=row["complete"],
        channel="e2b",
        reference=row["batch"],
        sealed_at=row["sealed_at"],
    )
    submission = submission_service.record_delivered(
        work, row["case_number"], made, signature=row["signature_id"]
    )
    work.because("report delivered")
    handoff_repository.delivered(work, row["icsr_id"], submission)
    answer_use_cases.apply_kept(work, str(row["icsr_id"]))
    return True


def _failed(work: UnitOfWork, row: Row, error: Exception) -> None:
    work.because("report not delivered")
    known = not isinstance(error, UnknownEndError)
    handoff_repository.failed(work, row["icsr_id"], str(error), not_there=known)
    log("report not delivered", level="error", study=work.study, error=type(error).__name__)
