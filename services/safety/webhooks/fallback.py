"""Word by another channel, where webhooks did not get through: raised here, delivered by a sweep.

As thin as a webhook: study, case, what is due and when. No child, drug or arm.
"""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, Final

from services.safety.e2b.gateway import LEASE, DeliveryError
from services.safety.webhooks import endpoint_repository
from services.safety.webhooks import fallback_repository as repository
from services.safety.webhooks.rules import rules
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log

Row = Mapping[str, Any]

_NAMESPACE: Final = uuid.UUID("0f6f5d0e-7a55-5d0c-a1d6-6a2c3bb0e6f1")
_CLOSING: Final = "Read it in Induct with your own credentials: this message holds no more."


def disabled(work: UnitOfWork, endpoint: uuid.UUID) -> None:
    """The endpoint is about to be disabled: nothing is told there any more."""
    _raise(
        work,
        "disabled",
        f"{endpoint}/{work.now.isoformat()}",
        f"webhooks of {work.study} have stopped",
        f"Endpoint {endpoint} answered 410 (Gone) and is disabled. What waited for it is a dead"
        " letter. Register an endpoint, and replay.",
        endpoint=endpoint,
    )


def given_up(work: UnitOfWork, endpoint: uuid.UUID, message: str) -> None:
    """The ladder of a notice has ended at this endpoint."""
    notice = repository.notice(work, message)
    if notice is None:
        return
    about = _about(notice)
    _raise(
        work,
        "given-up",
        f"{endpoint}/{message}/{work.now.isoformat()}",
        f"a notice of {about} was given up",
        f"Endpoint {endpoint} did not take message {message} about {about}, at any attempt of the"
        " whole ladder. It is a dead letter, and may be replayed.",
        endpoint=endpoint,
        case_id=notice["case_id"],
    )


def _about(notice: Row) -> str:
    if notice["case_number"] is None:
        return f"{notice['topic']} ({notice['event_type']})"
    return f"case {notice['case_number']}"


def watch(work: UnitOfWork) -> int:
    """Raise word of every case that is due soon and of which something is undelivered, once for a
    due date and once more when it has passed; and once of what has no case and is late; how many.
    """
    endpoint_repository.bury_late(work)
    limits = rules()
    late = repository.late(work, told_before=work.now - limits.patience)
    rows = repository.undelivered(
        work,
        told_before=work.now - limits.patience,
        due_before=work.now + limits.before_due,
        simulated=work.origin.clock.simulated,
    )
    return sum(_raise_due(work, row) for row in rows) + sum(_raise_late(work, row) for row in late)


def claim(work: UnitOfWork, notice: uuid.UUID) -> Row | None:
    """A notice that waits, leased. Committed: no lock is held while it is handed over."""
    return repository.claim(work, notice, work.now + LEASE)


def record(work: UnitOfWork, notice: uuid.UUID, refused: DeliveryError | None) -> None:
    """Write down what became of a notice. Who dies before leaves the lease to run out: the notice
    goes out again under the same name."""
    if refused is None:
        repository.delivered(work, notice)
        return
    repository.failed(work, notice, str(refused))
    log("fallback not delivered", level="error", service="safety", study=work.study)


def letter(row: Row, to: str) -> bytes:
    """The notice as an e-mail (RFC 5322), with the same bytes however often it is made."""
    mail = EmailMessage(policy=SMTP)
    mail["Message-ID"] = f"<{row['notice_id']}@induct.invalid>"
    mail["Date"] = row["raised_at"].astimezone(UTC)
    if to:
        mail["To"] = to
    mail["Subject"] = row["subject"]
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Induct-Cause"] = row["cause"]
    mail.set_content(row["body"])
    return mail.as_bytes()


def _raise_due(work: UnitOfWork, row: Row) -> bool:
    due: datetime = row["due_at"]
    passed = due <= work.now
    cause = "overdue" if passed else "undelivered"
    when = due.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return _raise(
        work,
        cause,
        f"{row['case_id']}/{due.astimezone(UTC).isoformat()}",
        f"case {row['case_number']} {'was' if passed else 'is'} due {when}, and the desk was not"
        " reached",
        f"{row['notices']} message(s) about case {row['case_number']} of {work.study} were taken by"
        f" no endpoint. Its first obligation {'was' if passed else 'is'} due {when}.",
        case_id=row["case_id"],
        due_at=due,
    )


def _raise_late(work: UnitOfWork, row: Row) -> bool:
    when = row["told_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    return _raise(
        work,
        "undelivered",
        row["message_id"],
        f"{row['topic']} was not reached",
        f"Message {row['message_id']} ({row['event_type']}) of {work.study}, told {when}, was not"
        " taken by an endpoint that listens.",
    )


def _raise(work: UnitOfWork, cause: str, name: str, subject: str, text: str, **about: Any) -> bool:
    notice = {
        "notice": uuid.uuid5(_NAMESPACE, f"{cause}/{name}"),
        "cause": cause,
        "subject": f"Induct: {subject}",
        "body": f"{text}\n\n{_CLOSING}\n",
    }
    raised = repository.add(work, notice | about)
    if raised:
        log(
            "safety desk not reached",
            level="error",
            service="safety",
            study=work.study,
            error=cause,
        )
    return raised
