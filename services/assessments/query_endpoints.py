"""Routes of queries and deviations."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi import Query as QueryParameter
from fastapi.responses import Response

from services.assessments import errors, query_use_cases
from services.assessments.domain.query_states import Action
from services.assessments.query_schemas import (
    Deviations,
    Queries,
    QueryAnswer,
    QueryDetail,
    QueryStep,
    Question,
    State,
)
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import SITE_PATTERN, SUBJECT_PATTERN, Instant
from shared.http.pagination import Page, page
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["queries"])

UUID_PATTERN = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
NAME = Annotated[str | None, QueryParameter(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SubjectPath = Annotated[str, Path(pattern=SUBJECT_PATTERN, examples=["S01-001"])]
RecordPath = Annotated[str, Path(pattern=UUID_PATTERN)]
QueryPath = Annotated[str, Path(pattern=UUID_PATTERN)]
SubjectFilter = Annotated[str | None, QueryParameter(pattern=SUBJECT_PATTERN)]
AsOf = Annotated[
    Instant | None,
    QueryParameter(description="The state recorded by this instant; the same whenever asked"),
]
_STEP = documented(NotFound, errors.QueryStep)


@router.get("/queries", responses=documented(NotFound))
async def list_queries(
    call: Annotated[Call, operation("assessments.list_queries")],
    at: Annotated[Page, page()],
    subject: SubjectFilter = None,
    state: Annotated[State | None, QueryParameter()] = None,
    form: NAME = None,
    as_of: AsOf = None,
) -> Queries:
    """Queries in the order of their ids, now or as of an instant."""
    return await call.read(
        lambda work: query_use_cases.list_queries(
            work, at, as_of, subject=subject, state=state, form=form
        )
    )


@router.get("/queries/{query}", responses=documented(NotFound))
async def read_query(
    query: QueryPath,
    call: Annotated[Call, operation("assessments.read_query")],
    as_of: AsOf = None,
) -> QueryDetail:
    """A query with every step of its life."""
    return await call.read(lambda work: query_use_cases.read_query(work, query, as_of))


@router.post("/subjects/{subject}/assessments/{record}/queries", status_code=201,
             response_model=QueryDetail, responses=documented(NotFound))  # fmt: skip
async def raise_query(
    subject: SubjectPath,
    record: RecordPath,
    body: Question,
    call: Annotated[Call, operation("assessments.raise_query")],
) -> Response:
    """Ask a site about a record or one of its items."""
    return await call.change(
        body,
        lambda work: answer(query_use_cases.raise_query(work, subject, record, body), 201),
    )


@router.post("/queries/{query}/answer", status_code=200, response_model=QueryDetail,
             responses=_STEP)  # fmt: skip
async def answer_query(
    query: QueryPath,
    body: QueryAnswer,
    call: Annotated[Call, operation("assessments.answer_query")],
) -> Response:
    """Answer a query, for the site. A correction of the value is made at the record."""
    return await call.change(
        body, lambda work: answer(query_use_cases.step(work, query, "answer", body.text), 200)
    )


@router.post("/queries/{query}/close", status_code=200, response_model=QueryDetail,
             responses=_STEP)  # fmt: skip
async def close_query(
    query: QueryPath,
    body: QueryStep,
    call: Annotated[Call, operation("assessments.close_query")],
) -> Response:
    """Close a query: what the site says, or the value as it is, is enough."""
    return await _step(call, query, "close", body)


@router.post("/queries/{query}/cancel", status_code=200, response_model=QueryDetail,
             responses=_STEP)  # fmt: skip
async def cancel_query(
    query: QueryPath,
    body: QueryStep,
    call: Annotated[Call, operation("assessments.cancel_query")],
) -> Response:
    """Take back a query that was raised in error, for good."""
    return await _step(call, query, "cancel", body)


@router.post("/queries/{query}/reopen", status_code=200, response_model=QueryDetail,
             responses=_STEP)  # fmt: skip
async def reopen_query(
    query: QueryPath,
    body: QueryStep,
    call: Annotated[Call, operation("assessments.reopen_query")],
) -> Response:
    """Ask again: the answer is not enough, or the query was closed too early."""
    return await _step(call, query, "reopen", body)


def _which(
    site: Annotated[str | None, QueryParameter(pattern=SITE_PATTERN)] = None,
    subject: SubjectFilter = None,
    kind: Annotated[str | None, QueryParameter(pattern="^(visit-window|check|derivation)$")] = None,
    source: Annotated[
        str | None,
        QueryParameter(
            pattern=r"^[A-Za-z0-9_:./-]{1,120}$", description="Check id, visit or derivation"
        ),
    ] = None,
    days_out: Annotated[
        int | None, QueryParameter(ge=1, le=36500, description="At least so many, either way")
    ] = None,
) -> dict[str, str | int | None]:
    return {
        "site": site, "subject": subject, "kind": kind, "source": source, "least": days_out,
    }  # fmt: skip


@router.get("/deviations", responses=documented())
async def list_deviations(
    call: Annotated[Call, operation("assessments.list_deviations")],
    at: Annotated[Page, page()],
    which: Annotated[dict[str, str | int | None], Depends(_which)],
    resolved: Annotated[
        bool, QueryParameter(description="Also those that a correction has taken away")
    ] = False,
    as_of: AsOf = None,
) -> Deviations:
    """Departures from the protocol: visits out of their window, and what checks call one."""
    return await call.read(
        lambda work: query_use_cases.list_deviations(work, at, as_of, **which, all=resolved)
    )


async def _step(call: Call, query: str, action: Action, body: QueryStep) -> Response:
    return await call.change(
        body, lambda work: answer(query_use_cases.step(work, query, action, body.reason), 200)
    )
