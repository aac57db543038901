"""SQL of sealed messages and of the answers to them."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork

_ADD = text("""
    INSERT INTO safety.icsr (icsr_id, case_id, study_id, site_id, subject_id, version, receiver,
        authority, obligations, complete, zone, batch, reports, file_name, sha256, document,
        judged_by, signature_id, sealed_at)
    VALUES (:icsr_id, :case_id, :study, :site, :subject, :version, :receiver, :authority,
        :obligations, :complete, :zone, :batch, CAST(:reports AS jsonb), :file_name, :sha256,
        :document, CAST(:judged_by AS jsonb), CAST(:signature AS uuid), :now)
""")
_STUDIES = text("SELECT safety.studies_with_waiting_icsr()")
_COLUMNS = """i.icsr_id, i.version, i.receiver, i.authority, i.obligations, i.complete, i.zone,
    i.batch, i.reports, i.file_name, i.sha256, i.judged_by, CAST(i.signature_id AS text)
    AS signature_id, i.sealed_at, i.delivered_at, CAST(i.submission_id AS text) AS submission_id,
    i.attempts, i.last_error, i.withdrawn_at, i.withdrawn_reason, c.case_number"""
_WAITING = text("""
    SELECT CAST(icsr_id AS text) AS icsr_id FROM safety.icsr
    WHERE study_id = :study AND delivered_at IS NULL AND withdrawn_at IS NULL
    ORDER BY sealed_at, icsr_id
""")
_HOLD = text("""
    SELECT icsr_id, case_id, authority, obligations, claimed_at FROM safety.icsr
    WHERE study_id = :study AND icsr_id = CAST(:icsr_id AS uuid) AND delivered_at IS NULL
      AND withdrawn_at IS NULL AND (leased_until IS NULL OR leased_until <= :now)
    FOR UPDATE SKIP LOCKED
""")
# The lease: until it ends nobody else takes the message.
_LEASE = text(f"""
    UPDATE safety.icsr i
    SET leased_until = :leased_until, claimed_at = coalesce(i.claimed_at, :now)
    FROM safety.safety_case c
    WHERE i.study_id = :study AND i.icsr_id = :icsr_id AND c.case_id = i.case_id
    RETURNING {_COLUMNS}, i.document, i.case_id, i.site_id, i.subject_id, i.claimed_at
""")  # noqa: S608 (a constant of this file)
_STILL_WAITING = text("""
    SELECT icsr_id FROM safety.icsr
    WHERE study_id = :study AND icsr_id = :icsr_id AND delivered_at IS NULL FOR UPDATE
""")
_OF_CASE = text(f"""
    SELECT {_COLUMNS} FROM safety.icsr i JOIN safety.safety_case c USING (case_id)
    WHERE i.study_id = :study AND c.case_number = :number ORDER BY i.sealed_at, i.icsr_id
""")  # noqa: S608 (a constant of this file)
_SENT = f"""
    SELECT {_COLUMNS}, i.site_id, i.subject_id
    FROM safety.icsr i JOIN safety.safety_case c USING (case_id)
    WHERE i.study_id = :study
"""  # noqa: S608 (a constant of this file)
_DOCUMENT = text("""
    SELECT document FROM safety.icsr WHERE study_id = :study AND icsr_id = :icsr_id
""")
# Batch numbers are unique in a study, so this is one look into their index.
_SENT_IN = text(_SENT + " AND i.batch = :batch")
_SENT_AS = text(_SENT + " AND i.icsr_id = CAST(:icsr_id AS uuid)")
_DELIVERED = text("""
    UPDATE safety.icsr SET delivered_at = :now, submission_id = CAST(:submission AS uuid),
        attempts = attempts + 1, last_error = NULL, leased_until = NULL
    WHERE study_id = :study AND icsr_id = :icsr_id
""")
_FAILED = text("""
    UPDATE safety.icsr SET attempts = attempts + 1, last_error = :error, leased_until = NULL,
        claimed_at = CASE WHEN :not_there THEN NULL ELSE claimed_at END
    WHERE study_id = :study AND icsr_id = :icsr_id
""")
_WITHDRAWN = text("""
    UPDATE safety.icsr SET withdrawn_at = :now, withdrawn_reason = :reason, leased_until = NULL
    WHERE study_id = :study AND icsr_id = :icsr_id AND delivered_at IS NULL AND claimed_at IS NULL
""")
_ADD_ANSWER = text("""
    INSERT INTO safety.icsr_answer (answer_id, study_id, site_id, subject_id, sha256, content,
        received_at, icsr_id, state, notes, actor, actor_role)
    VALUES (:answer_id, :study, :site, :subject, :sha256, :content, :now, :icsr_id, :state,
        CAST(:notes AS jsonb), :actor, :role)
""")
_ANSWER = """
    SELECT a.answer_id, a.sha256, a.received_at, a.state, a.notes, i.batch, c.case_number
    FROM safety.icsr_answer a LEFT JOIN safety.icsr i USING (icsr_id)
    LEFT JOIN safety.safety_case c ON c.case_id = i.case_id
    WHERE a.study_id = :study
"""
_KNOWN = text(_ANSWER + " AND a.sha256 = :sha256")
_ANSWERS = text(
    _ANSWER + " AND CAST(a.answer_id AS text) > :after ORDER BY CAST(a.answer_id AS text)"
    " LIMIT :limit"
)
_CONTENTS = text("""
    SELECT content FROM safety.icsr_answer
    WHERE study_id = :study AND icsr_id = :icsr_id ORDER BY received_at, answer_id
""")


def add(work: UnitOfWork, case: Row, sealed: Mapping[str, Any]) -> None:
    """Write down a sealed message of a case."""
    told = dict(sealed) | {
        "reports": json.dumps(sealed["reports"]), "judged_by": json.dumps(sealed["judged_by"]),
    }  # fmt: skip
    work.execute(
        _ADD,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        now=work.now,
        **told,
    )


def studies(connection: Connection) -> list[str]:
    """The studies with messages that wait for the gateway."""
    return sorted(connection.execute(_STUDIES).scalars())


def waiting(work: UnitOfWork) -> list[str]:
    """The messages that wait, oldest first."""
    return [row["icsr_id"] for row in work.all(_WAITING, study=work.study)]


def hold(work: UnitOfWork, icsr_id: str) -> Row | None:
    """A message that waits, held until the transaction ends; None where it waits no more, or
    somebody has it."""
    return work.one(_HOLD, study=work.study, icsr_id=icsr_id, now=work.now)


def lease(work: UnitOfWork, icsr_id: uuid.UUID, leased_until: datetime) -> Row | None:
    """Keep a message from everybody else until then; the whole of it."""
    return work.one(
        _LEASE, study=work.study, icsr_id=icsr_id, now=work.now, leased_until=leased_until
    )


def still_waiting(work: UnitOfWork, icsr_id: uuid.UUID) -> Row | None:
    """Holds the message; None where another sweep has recorded that it was delivered."""
    return work.one(_STILL_WAITING, study=work.study, icsr_id=icsr_id)


def of_case(work: UnitOfWork, number: str) -> list[Row]:
    """The messages of a case, oldest first."""
    return work.all(_OF_CASE, study=work.study, number=number)


def sent_in(work: UnitOfWork, batch: str) -> Row | None:
    """The message that was sealed under this batch number (N.1.2)."""
    return work.one(_SENT_IN, study=work.study, batch=batch)


def sent_as(work: UnitOfWork, icsr_id: str) -> Row | None:
    """The message of this id."""
    return work.one(_SENT_AS, study=work.study, icsr_id=icsr_id)


def document(work: UnitOfWork, icsr_id: uuid.UUID) -> str:
    """The message, as it was sealed."""
    return str(work.all(_DOCUMENT, study=work.study, icsr_id=icsr_id)[0]["document"])


def delivered(work: UnitOfWork, icsr_id: uuid.UUID, submission: str) -> None:
    work.execute(_DELIVERED, study=work.study, icsr_id=icsr_id, submission=submission, now=work.now)


def failed(work: UnitOfWork, icsr_id: uuid.UUID, error: str, *, not_there: bool) -> None:
    """``not_there``: the gateway is known not to have the message."""
    work.execute(_FAILED, study=work.study, icsr_id=icsr_id, error=error[:200], not_there=not_there)


def withdraw(work: UnitOfWork, icsr_id: uuid.UUID, reason: str) -> None:
    """End a message that no gateway has or may have; the caller holds it."""
    work.execute(_WITHDRAWN, study=work.study, icsr_id=icsr_id, now=work.now, reason=reason)


def add_answer(work: UnitOfWork, answer: Mapping[str, Any], *, notes: Sequence[str]) -> None:
    """Keep a file that came, with what was made of it."""
    work.execute(
        _ADD_ANSWER,
        study=work.study,
        now=work.now,
        actor=work.principal.subject,
        role=work.principal.role,
        notes=json.dumps(list(notes)),
        **answer,
    )


def known_answer(work: UnitOfWork, sha256: str) -> Row | None:
    """The answer with these bytes, where it came before."""
    return work.one(_KNOWN, study=work.study, sha256=sha256)


def answers(work: UnitOfWork, after: str, limit: int) -> list[Row]:
    """Answers behind a key, in the order of their ids."""
    return work.all(_ANSWERS, study=work.study, after=after, limit=limit)


def contents(work: UnitOfWork, icsr_id: uuid.UUID) -> list[bytes]:
    """The bytes of every answer to a message, in the order in which they came."""
    rows = work.all(_CONTENTS, study=work.study, icsr_id=icsr_id)
    return [bytes(row["content"]) for row in rows]
