"""Electronic signatures of records: what exactly is signed, and whether it still is so."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from services.assessments import flag_repository, repository
from services.assessments.domain.flags import Flags
from services.assessments.domain.history import History
from shared.database.idempotency import content_hash
from shared.database.signatures import SignatureRecord, holds, sign, signatures_of
from shared.database.unit_of_work import UnitOfWork

RECORD, CASEBOOK, UNLOCK = (
    "assessments.record_version",
    "assessments.casebook",
    "assessments.flag_event",
)


def sign_version(work: UnitOfWork, history: History) -> str:
    """Spend the signature on the latest version of a record; its id."""
    made = sign(
        work,
        table=RECORD,
        key=f"{history.record_id}/{history.latest.number}",
        content=content_of(history),
        subject=history.subject,
        site=history.site,
    )
    return made.signature_id


def sign_casebook(
    work: UnitOfWork, subject: str, site: str, histories: Sequence[History], submission: str
) -> SignatureRecord:
    """Spend the signature on the latest versions of several records of a subject, as one."""
    return sign(
        work,
        table=CASEBOOK,
        key=f"{subject}/{submission}",
        content=_casebook(histories),
        subject=subject,
        site=site,
    )


def sign_unlock(work: UnitOfWork, history: History, number: int, asked: str, reason: str) -> str:
    """Spend the signature on the approval of an unlocking; its id. A site's record, but signed by
    somebody who works for none."""
    content = {
        "record": history.record_id,
        "version": history.latest.number,
        "asked_by": asked,
        "reason": reason,
    }
    made = sign(
        work,
        table=UNLOCK,
        key=f"{history.record_id}/{number}",
        content=content,
        subject=history.subject,
        site=history.site,
    )
    return made.signature_id


def sign_casebook_unlock(
    work: UnitOfWork,
    subject: str,
    site: str,
    requested: Sequence[tuple[History, Flags]],
    reason: str,
    submission: str,
) -> str:
    """Spend the signature on the approval of several unlockings of a subject, as one; its id."""
    asked = {
        each.record_id: {"version": each.latest.number, "asked_by": flags.unlock_requested_by}
        for each, flags in requested
    }
    content = {"records": asked, "reason": reason}
    key = f"{subject}/{submission}"
    made = sign(work, table=UNLOCK, key=key, content=content, subject=subject, site=site)
    return made.signature_id


def still_holds(work: UnitOfWork, history: History, signature: str) -> bool:
    """Whether a record's signature fits what is stored: of another record or version, or of other
    values, it does not."""
    place = flag_repository.signature_place(work, signature)
    if place is None:
        return False
    record = next(each for each in signatures_of(work, *place) if each.signature_id == signature)
    if place[0] == RECORD:
        fits = place[1] == f"{history.record_id}/{history.latest.number}"
        return fits and holds(record, content_of(history))
    signed = dict(flag_repository.signed_with(work, history.subject, signature))
    whole = [
        at_version(each, signed[each.record_id])
        for each in repository.histories_of(work, [history.subject])
        if each.record_id in signed
    ]
    return signed.get(history.record_id) == history.latest.number and holds(
        record, _casebook(whole)
    )


def content_of(history: History) -> dict[str, Any]:
    """The latest version of a record, as JSON values that are read back exactly."""
    return {
        "record": history.record_id,
        "form": history.form,
        "visit": history.visit,
        "repeat": history.repeat,
        "version": history.latest.number,
        "observed_on": history.latest.observed_on.isoformat()
        if history.latest.observed_on
        else None,
        "items": {item: asdict(kept) for item, kept in history.items().items()},
    }


def at_version(history: History, number: int) -> History:
    """The record as it was at a version."""
    return replace(
        history, versions=tuple(each for each in history.versions if each.number <= number)
    )


def _casebook(histories: Sequence[History]) -> Mapping[str, Any]:
    ordered = sorted(histories, key=lambda each: each.record_id)
    return {"records": {each.record_id: content_hash(content_of(each)) for each in ordered}}
