"""Routes of a downtime: envelopes beforehand, late entries afterwards. And of the reveal."""

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import (
    attempts,
    backup_service,
    envelopes_service,
    errors,
    reveal_service,
    void_service,
)
from services.randomization.envelopes_schemas import (
    BackupAllocation,
    BackupRequest,
    VoidedEnvelope,
    VoidRequest,
)
from services.randomization.list_schemas import Envelopes, RevealedList
from services.randomization.vault import vault
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import CODE_PATTERN
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["downtime"])

ListPath = Annotated[str, Path(pattern=CODE_PATTERN, examples=["D1"])]


@router.get("/lists/{list_id}/envelopes",
            responses=documented(NotFound, errors.ListState, errors.ListBroken,
                                 errors.KeysUnavailable))  # fmt: skip
async def read_envelopes(
    list_id: ListPath, call: Annotated[Call, operation("randomization.read_envelopes")]
) -> Envelopes:
    """The sealed envelopes of a site's downtime list, and their codes; who reads them is noted."""
    keys = vault(call.settings)
    return await call.read(
        lambda work: attempts.unbroken(
            lambda: envelopes_service.read_envelopes(work, list_id, keys)
        )
    )


@router.post("/allocations/backup", status_code=201, response_model=BackupAllocation,
             responses=documented(errors.SubjectUnknown, errors.AlreadyAllocated,
                                  errors.EnvelopeUnknown, errors.EnvelopeOutOfOrder,
                                  errors.EnvelopeCode, errors.EnvelopeArm, errors.ListBroken,
                                  errors.KeysUnavailable, known=BackupAllocation))  # fmt: skip
async def enter_backup(
    body: BackupRequest, call: Annotated[Call, operation("randomization.enter_backup")]
) -> Response:
    """Enter a child randomized from an envelope: what the rules say against it is answered, and
    refuses nothing."""
    keys = vault(call.settings)

    def use_case(work: UnitOfWork) -> Answer:
        entered, new = attempts.unbroken(lambda: backup_service.enter_backup(work, body, keys))
        return answer(entered, 201 if new else 200)

    witness = attempts.witness(body.subject, body.site, "backup")
    return await call.change(body, use_case, replayed_as=200, witness=witness)


@router.post("/lists/{list_id}/void-envelope", status_code=201, response_model=VoidedEnvelope,
             responses=documented(NotFound, errors.EnvelopeUnknown, errors.EnvelopeOutOfOrder,
                                  errors.EnvelopeCode, errors.ListBroken,
                                  errors.KeysUnavailable))  # fmt: skip
async def void_envelope(
    list_id: ListPath,
    body: VoidRequest,
    call: Annotated[Call, operation("randomization.void_envelope")],
) -> Response:
    """Use up the next envelope of a stratum without a child: it was spoiled, lost, or opened for
    nobody. Signed; the envelopes after it can be entered then."""
    keys = vault(call.settings)
    return await call.change(
        body,
        lambda work: answer(
            attempts.unbroken(lambda: void_service.void_envelope(work, list_id, body, keys))
        ),
        witness=attempts.suspending,
    )


@router.post("/lists/{list_id}/reveal", status_code=200, response_model=RevealedList,
             responses=documented(NotFound, errors.ListState, errors.ListBroken,
                                  errors.KeysUnavailable))  # fmt: skip
async def reveal_list(
    list_id: ListPath, call: Annotated[Call, operation("randomization.reveal_list")]
) -> Response:
    """Open a whole list, once study and list are closed; signed. Its maker adds the secret."""
    keys = vault(call.settings)
    return await call.change(
        None, lambda work: answer(reveal_service.reveal_list(work, list_id, keys), 200)
    )
