"""Breaking the glass: a masked role learns one subject's arm, for a reason and for a while.

Breaking it opens that arm alone, to the one who broke it. The list behind it stays closed: neither
position nor opening is told. Needs nothing of another service.
"""

from collections.abc import Mapping
from typing import Any

from services.randomization import (
    allocation_repository,
    answers,
    cursors,
    errors,
    events,
)
from services.randomization import glass_repository as repository
from services.randomization.glass_rules import rules
from services.randomization.glass_schemas import (
    BrokenGlass,
    GlassBreak,
    GlassEntry,
    GlassHistory,
    OpenedArm,
)
from services.randomization.unblinded_repository import note_unblinded_read
from shared.database.outbox import publish
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.http.pagination import Page
from shared.http.problems import NotFound, SignatureNotFitting
from shared.http.signatures import shown

Row = Mapping[str, Any]


def break_glass(work: UnitOfWork, subject: str, body: GlassBreak) -> BrokenGlass:
    """Open a subject's arm to the caller, signed by the caller; everybody concerned is told.

    Raises ``NotFound`` where there is no allocation in reach, ``SignatureNotFitting`` where
    somebody else signed: who is to know the arm authenticates again.
    """
    allocation = _allocation(work, subject)
    if work.signature is not None and work.signature.signer != work.principal.subject:
        raise SignatureNotFitting("Who breaks the glass signs it.")
    expires_at = rules().expires_at(body.category, work.now)
    work.because(body.reason)
    row = repository.add(work, allocation, body.category, body.reason, expires_at)
    signed = sign(
        work,
        table="randomization.broken_glass",
        key=row["break_id"],
        content={
            "subject": subject,
            "category": body.category,
            "reason": body.reason,
            "rules": f"{rules().id}/{rules().version}",
        },
        subject=subject,
        site=allocation["site_id"],
    )
    publish(work, events.subject_unblinded(row))
    log("glass broken", level="warning", study=work.study, role=work.principal.role)
    return BrokenGlass(**_facts(row), signature=shown(signed))


def read_arm(work: UnitOfWork, subject: str) -> OpenedArm:
    """The arm, while the caller's break is open. Each reading is written down.

    Raises ``NotFound`` where there is no allocation in reach, ``GlassClosed`` where the caller has
    not broken the glass, or too long ago.
    """
    allocation = _allocation(work, subject)
    row = repository.find_open(work, subject)
    if row is None:
        raise errors.GlassClosed
    answers.check_unaltered(work, allocation)
    note_unblinded_read(work, repository.READ, f"{subject}/{row['break_id']}")
    return OpenedArm(
        break_id=row["break_id"],
        study=row["study_id"],
        subject=row["subject_id"],
        site=row["site_id"],
        arm=allocation["arm"],
        expires_at=row["expires_at"],
    )


def list_breaks(work: UnitOfWork, page: Page) -> GlassHistory:
    """Who broke the glass of whom, why, and how often the arm was read by it; oldest first."""
    rows = repository.history(work, cursors.after(page), page.limit + 1)
    places = [cursors.cursor(row["broken_at"], row["break_id"]) for row in rows]
    items = [
        GlassEntry(**_facts(row), reads=row["reads"], last_read_at=row["last_read_at"])
        for row in page.cut(rows)
    ]
    return GlassHistory(items=items, next=page.next(places, "cursor"))


def _allocation(work: UnitOfWork, subject: str) -> Row:
    row = allocation_repository.find_allocation(work, subject)
    if row is None:
        raise NotFound
    return row


def _facts(row: Row) -> dict[str, Any]:
    return {
        "break_id": row["break_id"],
        "study": row["study_id"],
        "subject": row["subject_id"],
        "site": row["site_id"],
        "category": row["category"],
        "reason": row["reason"],
        "broken_by": row["broken_by"],
        "role": row["broken_as"],
        "broken_at": row["broken_at"],
        "expires_at": row["expires_at"],
    }
