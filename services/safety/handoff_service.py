"""Sealed messages go to the gateway, each in a transaction of its own.

The file is delivered before it is written down that it was. The same name and bytes again is no
second delivery, so a sweep that died in between is simply repeated.
"""

from services.safety import handoff_repository, submission_service
from services.safety.e2b.gateway import DeliveryError, Gateway
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.problems import Problem


def waiting(work: UnitOfWork) -> list[str]:
    """The messages of the study that wait, oldest first."""
    return handoff_repository.waiting(work)


def deliver(work: UnitOfWork, icsr_id: str, gateway: Gateway) -> bool:
    """Hand a message to the gateway, and record the submission; whether it took it.

    What it does not take stays waiting, with the reason; the clocks run on.
    """
    row = handoff_repository.hold(work, icsr_id)
    if row is None:
        return False
    made = submission_service.Submission(
        authority=row["authority"],
        obligations=row["obligations"],
        sent_at=work.now,
        zone=row["zone"],
        complete=row["complete"],
        channel="e2b",
        reference=row["batch"],
        sealed_at=row["sealed_at"],
    )
    try:
        submission_service.check_owed(work, row, made.authority, made.obligations)
        gateway.deliver(row["file_name"], row["document"].encode("utf-8"))
    except (DeliveryError, Problem) as error:
        work.because("report not delivered")
        handoff_repository.failed(work, row["icsr_id"], str(error))
        log("report not delivered", level="error", study=work.study, error=type(error).__name__)
        return False
    submission = submission_service.record_submission(
        work, row["case_number"], made, signature=row["signature_id"]
    )
    work.because("report delivered")
    handoff_repository.delivered(work, row["icsr_id"], submission)
    return True
