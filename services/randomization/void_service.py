"""Envelopes that are used up without a child: spoiled, lost, or opened for nobody.

The order of a stratum leaves no gap: whoever opened the wrong envelope first voids those before it,
and goes on. A voided slot is used for good, and its arm is told to nobody before the reveal.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from services.randomization import (
    allocation_repository,
    envelopes_repository,
    events,
    list_repository,
    strategy,
)
from services.randomization.backup_service import check_code
from services.randomization.envelopes_schemas import VoidedEnvelope, VoidRequest
from services.randomization.service import check_signature, refusal
from services.randomization.vault import TakenSlot, Vault
from shared.database.outbox import publish
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound

Row = Mapping[str, Any]


def void_number(study: str, list_id: str, stratum: str, position: int) -> str:
    """The number that stands in the chain of the stratum where a child's would."""
    digest = hashlib.sha256(f"{study}\x00{list_id}\x00{stratum}\x00{position}".encode()).digest()
    return "VOID-" + base64.b32encode(digest)[:9].decode()


def void_envelope(
    work: UnitOfWork, list_id: str, request: VoidRequest, vault: Vault
) -> VoidedEnvelope:
    """Use up the next envelope of a stratum without a child, signed, with its code and the reason.

    The code is asked for so that nobody uses up what lies unopened in another place by a slip of
    the pen. Raises ``NotFound``, ``EnvelopeUnknown``, ``EnvelopeOutOfOrder``, ``EnvelopeCode``,
    ``SealBroken``.
    """
    row = list_repository.find_list(work, list_id)
    if row is None or row["site_id"] is None or not work.principal.may_see(row["site_id"]):
        raise NotFound
    check_signature(work, row["site_id"])
    number = void_number(work.study, list_id, request.stratum, request.position)
    taken = allocation_repository.take_envelope(
        work,
        list=list_id,
        site=row["site_id"],
        label=request.stratum,
        position=request.position,
        subject=number,
    )
    if taken["refusal"] is not None:
        raise refusal(taken)
    check_code(work, vault, list_id, request)
    slot = TakenSlot.of(taken, label=request.stratum, list_id=list_id, position=request.position)
    opened = vault.open(work.study, slot, vault.published(work.study, row))
    work.because(request.reason)
    told = (request.stratum, request.position, request.reason)
    envelopes_repository.add_void(work, row, told, number, opened.content)
    _sign(work, row, request, number)
    if strategy.runs_low(work.definition(), request.position, purpose="downtime"):
        publish(work, events.list_low(list_id, request.stratum))
    return VoidedEnvelope(
        study=work.study,
        list_id=list_id,
        site=row["site_id"],
        stratum=request.stratum,
        position=request.position,
        void_number=number,
        reason=request.reason,
        voided_by=work.principal.subject,
        voided_at=work.now,
    )


def _sign(work: UnitOfWork, row: Row, request: VoidRequest, number: str) -> None:
    content = {
        "list_id": row["list_id"],
        "stratum": request.stratum,
        "position": request.position,
        "void_number": number,
        "reason": request.reason,
    }
    sign(
        work,
        table="randomization.void_slot",
        key=f"{row['list_id']}/{request.stratum}/{request.position}",
        content=content,
        site=row["site_id"],
    )
