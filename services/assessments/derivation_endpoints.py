"""Routes of derivations."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from services.assessments import derivation_batch, derivation_views
from services.assessments.derivation_schemas import (
    Derivations,
    Explained,
    Impacts,
    Rederivation,
    Rederived,
)
from shared.database.idempotency import Answer
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SUBJECT_PATTERN, Instant
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["derivations"])

SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]
DerivationPath = Annotated[str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
AsOf = Annotated[
    Instant | None,
    Query(description="The state recorded by this instant; the same answer whenever asked"),
]
Moment = Annotated[str, Query(max_length=40, description="An instant, or a position")]


@router.get("/subjects/{subject}/derivations", responses=documented(NotFound))
async def list_derivations(
    subject: SubjectPath,
    call: Annotated[Call, operation("assessments.list_derivations")],
    at: Annotated[Page, page()],
    as_of: AsOf = None,
) -> Derivations:
    """What rule packs derive of a subject, in the order of ids, now or as of an instant."""
    return await call.read(lambda work: derivation_views.list_derivations(work, subject, as_of, at))


@router.get("/subjects/{subject}/derivations/{derivation}", responses=documented(NotFound))
async def read_derivation(
    subject: SubjectPath,
    derivation: DerivationPath,
    call: Annotated[Call, operation("assessments.read_derivation")],
    as_of: AsOf = None,
) -> Explained:
    """A derivation in words and as its trace, with its versions."""
    return await call.read(
        lambda work: derivation_views.read_derivation(work, subject, derivation, as_of)
    )


@router.get("/impact", responses=documented())
async def list_impact(
    call: Annotated[Call, operation("assessments.list_impact")],
    at: Annotated[Page, page()],
    since: Moment,
    until: Annotated[
        str | None, Query(max_length=40, description="As since; now if absent")
    ] = None,
) -> Impacts:
    """Every derivation behind an outcome that moved: of whom, from what to what, and why."""
    return await call.read(lambda work: derivation_views.list_impact(work, since, until, at))


@router.post("/rederivations", status_code=200, response_model=Rederived, responses=documented())
async def rederive(
    body: Rederivation, call: Annotated[Call, operation("assessments.rederive")]
) -> Response:
    """Derive subjects anew by the rule packs in force, or tell what that would change."""

    def use_case(work: UnitOfWork) -> Answer:
        return answer(derivation_batch.rederive(work, body), 200)

    return await call.change(body, use_case)
