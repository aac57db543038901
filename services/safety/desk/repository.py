"""All SQL about the desk's system: senders, secrets, messages, numbers, queries."""

import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from shared.database.unit_of_work import UnitOfWork

Row = Mapping[str, Any]

_SENDER = """
    SELECT sender_id, study_id, name, state, requested_at, requested_by, approved_at, approved_by,
           CAST(networks AS text[]) AS networks
    FROM safety.desk_sender WHERE study_id = :study
"""
_FIND_SENDER = text(_SENDER + " AND sender_id = :sender")
_HOLD_SENDER = text(_SENDER + " AND sender_id = :sender FOR UPDATE")
_SENDERS = text(_SENDER + " ORDER BY requested_at, sender_id")
_ADD_SENDER = text("""
    INSERT INTO safety.desk_sender
        (sender_id, study_id, name, state, requested_at, requested_by, networks)
    VALUES (:sender, :study, :name, 'requested', :now, :actor, CAST(:networks AS cidr[]))
""")
_APPROVE = text("""
    UPDATE safety.desk_sender SET state = 'active', approved_at = :now, approved_by = :actor
    WHERE study_id = :study AND sender_id = :sender
""")
_BIND = text("""
    UPDATE safety.desk_sender SET networks = CAST(:networks AS cidr[])
    WHERE study_id = :study AND sender_id = :sender
""")
_RETIRE = text("""
    UPDATE safety.desk_sender SET state = 'retired' WHERE study_id = :study AND sender_id = :sender
""")
_SECRETS = text("""
    SELECT secret_id, sealed, issued_at, ends_at FROM safety.desk_secret
    WHERE study_id = :study AND sender_id = :sender AND (ends_at IS NULL OR ends_at > :now)
    ORDER BY issued_at, secret_id
""")
_ADD_SECRET = text("""
    INSERT INTO safety.desk_secret (secret_id, sender_id, study_id, sealed, issued_at, issued_by)
    VALUES (:secret, :sender, :study, :sealed, :now, :actor)
""")
# One that ends earlier anyway is not given more time.
_END_SECRETS = text("""
    UPDATE safety.desk_secret SET ends_at = :ends_at
    WHERE study_id = :study AND sender_id = :sender AND (ends_at IS NULL OR ends_at > :ends_at)
""")
_COLUMNS = """sender_id, message_id, case_number, type, body, sha256, state, problem, attempts,
    received_at, settled_at, settled_by, settled_reason"""
# A message has no site but that of the case it is about, which the policies show or hide.
_IN_REACH = """((SELECT platform.every_site()) OR EXISTS (
    SELECT 1 FROM safety.safety_case c
    WHERE c.study_id = m.study_id AND c.case_number = m.case_number))"""
_FIND_MESSAGE = text(f"""
    SELECT {_COLUMNS} FROM safety.desk_message m
    WHERE study_id = :study AND sender_id = :sender AND message_id = :message AND {_IN_REACH}
""")  # noqa: S608 (a constant of this file)
# What was applied or settled stays so.
_NOTE_MESSAGE = text("""
    INSERT INTO safety.desk_message AS kept (sender_id, message_id, study_id, case_number, type,
        body, sha256, state, problem, attempts, received_at)
    VALUES (:sender, :message, :study, :case_number, :type, :body, :sha256, :state,
        CAST(:problem AS jsonb), 1, :now)
    ON CONFLICT (sender_id, message_id) DO UPDATE SET attempts = kept.attempts + 1,
        state = CASE WHEN kept.state = 'parked' THEN excluded.state ELSE kept.state END,
        problem = CASE WHEN kept.state = 'parked' THEN excluded.problem ELSE kept.problem END
""")
_MESSAGES = text(f"""
    SELECT {_COLUMNS}, sender_id || '/' || message_id AS place FROM safety.desk_message m
    WHERE study_id = :study AND {_IN_REACH} AND (CAST(:state AS text) IS NULL OR state = :state)
      AND sender_id || '/' || message_id > :after
    ORDER BY place LIMIT :limit
""")  # noqa: S608 (a constant of this file)
_SETTLE = text("""
    UPDATE safety.desk_message SET state = 'settled', settled_at = :now, settled_by = :actor,
        settled_reason = :reason
    WHERE study_id = :study AND sender_id = :sender AND message_id = :message
""")
_NUMBER = text("""
    SELECT desk_number FROM safety.desk_case_number
    WHERE study_id = :study AND case_id = :case_id
""")
_ADD_NUMBER = text("""
    INSERT INTO safety.desk_case_number (case_id, study_id, site_id, subject_id, desk_number,
        sender_id, message_id, assigned_at)
    VALUES (:case_id, :study, :site, :subject, :number, :sender, :message, :now)
    ON CONFLICT DO NOTHING RETURNING case_id
""")


def find_sender(work: UnitOfWork, sender: uuid.UUID, *, hold: bool = False) -> Row | None:
    """A sender of the study; ``hold`` keeps others from changing it meanwhile."""
    return work.one(_HOLD_SENDER if hold else _FIND_SENDER, study=work.study, sender=sender)


def senders(work: UnitOfWork) -> list[Row]:
    return work.all(_SENDERS, study=work.study)


def add_sender(work: UnitOfWork, sender: uuid.UUID, name: str, networks: Sequence[str]) -> None:
    work.execute(
        _ADD_SENDER,
        sender=sender,
        study=work.study,
        name=name,
        networks=[*networks],
        now=work.now,
        actor=work.principal.subject,
    )


def approve(work: UnitOfWork, sender: uuid.UUID) -> None:
    work.execute(
        _APPROVE, study=work.study, sender=sender, now=work.now, actor=work.principal.subject
    )


def bind(work: UnitOfWork, sender: uuid.UUID, networks: Sequence[str]) -> None:
    work.execute(_BIND, study=work.study, sender=sender, networks=[*networks])


def retire(work: UnitOfWork, sender: uuid.UUID) -> None:
    work.execute(_RETIRE, study=work.study, sender=sender)


def secrets(work: UnitOfWork, sender: uuid.UUID) -> list[Row]:
    """The secrets that hold now, oldest first."""
    return work.all(_SECRETS, study=work.study, sender=sender, now=work.now)


def add_secret(work: UnitOfWork, sender: uuid.UUID, secret: uuid.UUID, sealed: str) -> None:
    work.execute(
        _ADD_SECRET,
        secret=secret,
        sender=sender,
        study=work.study,
        sealed=sealed,
        now=work.now,
        actor=work.principal.subject,
    )


def end_secrets(work: UnitOfWork, sender: uuid.UUID, ends_at: datetime) -> None:
    """All secrets so far hold until then at the latest."""
    work.execute(_END_SECRETS, study=work.study, sender=sender, ends_at=ends_at)


def find_message(work: UnitOfWork, sender: uuid.UUID, message: str) -> Row | None:
    return work.one(_FIND_MESSAGE, study=work.study, sender=sender, message=message)


def note_message(work: UnitOfWork, about: Row, state: str, problem: Row | None) -> None:
    """Keep a message, or count that it came again."""
    told = None if problem is None else json.dumps(problem)
    work.execute(_NOTE_MESSAGE, study=work.study, now=work.now, state=state, problem=told, **about)


def messages(work: UnitOfWork, state: str | None, after: str, limit: int) -> list[Row]:
    return work.all(_MESSAGES, study=work.study, state=state, after=after, limit=limit)


def settle(work: UnitOfWork, sender: uuid.UUID, message: str, reason: str) -> None:
    work.execute(
        _SETTLE,
        study=work.study,
        sender=sender,
        message=message,
        reason=reason,
        now=work.now,
        actor=work.principal.subject,
    )


def number_of(work: UnitOfWork, case_id: uuid.UUID) -> str | None:
    row = work.one(_NUMBER, study=work.study, case_id=case_id)
    return None if row is None else str(row["desk_number"])


def add_number(work: UnitOfWork, case: Row, number: str, sender: uuid.UUID, message: str) -> bool:
    """False where the case has a number, or the number a case."""
    added = work.execute(
        _ADD_NUMBER,
        case_id=case["case_id"],
        study=work.study,
        site=case["site_id"],
        subject=case["subject_id"],
        number=number,
        sender=sender,
        message=message,
        now=work.now,
    )
    return added.one_or_none() is not None
