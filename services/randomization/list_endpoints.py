"""Routes of the randomization lists."""

import os
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import Response

from services.randomization import errors, list_service
from services.randomization.list_schemas import (
    ListActivation,
    ListChange,
    Lists,
    ListSealing,
    RandomizationList,
    SignedManifest,
)
from services.randomization.vault import vault
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import CODE_PATTERN
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["lists"])

ListPath = Annotated[str, Path(pattern=CODE_PATTERN, examples=["L1"])]


@router.post("/lists", status_code=201, response_model=RandomizationList,
             responses=documented(errors.ListActive, errors.KeysUnavailable))  # fmt: skip
async def seal_list(
    body: ListSealing, call: Annotated[Call, operation("randomization.seal_list")]
) -> Response:
    """Seal a list: made from a secret by the study's method, or as uploaded. Not yet in force."""
    keys = vault(call.settings)
    return await call.change(
        body, lambda work: answer(list_service.seal(work, body, keys, os.urandom))
    )


@router.get("/lists", responses=documented())
async def list_lists(call: Annotated[Call, operation("randomization.list_lists")]) -> Lists:
    """The study's lists: what may be known of them."""
    return await call.read(list_service.list_lists)


@router.post("/lists/{list_id}/activation", status_code=200, response_model=RandomizationList,
             responses=documented(NotFound, errors.ListState, errors.SecondPersonNeeded,
                                  errors.KeysUnavailable))  # fmt: skip
async def activate_list(
    list_id: ListPath,
    body: ListActivation,
    call: Annotated[Call, operation("randomization.activate_list")],
) -> Response:
    """Put a sealed list in force, as a second person, signed; its manifest is public from then."""
    keys = vault(call.settings)
    return await call.change(
        body, lambda work: answer(list_service.activate(work, list_id, body, keys), 200)
    )


@router.post("/lists/{list_id}/state", status_code=200, response_model=RandomizationList,
             responses=documented(NotFound, errors.ListState, errors.StateUnchanged))  # fmt: skip
async def change_list(
    list_id: ListPath,
    body: ListChange,
    call: Annotated[Call, operation("randomization.change_list")],
) -> Response:
    """Suspend, resume or close a list; with the reason."""
    return await call.change(
        body, lambda work: answer(list_service.change(work, list_id, body), 200)
    )


@router.get("/lists/{list_id}/manifest", responses=documented(NotFound))
async def read_manifest(
    list_id: ListPath, call: Annotated[Call, operation("randomization.read_manifest")]
) -> SignedManifest:
    """The signed manifest: what was promised before the first child was allocated."""
    return await call.read(lambda work: list_service.read_manifest(work, list_id))
