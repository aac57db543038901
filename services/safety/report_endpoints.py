"""Routes of listings: what is due, every case in a line, counts, the dry run of rules."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.safety import report_tables, report_use_cases
from services.safety.pages.tables import HEADERS, Table, csv_bytes, html_page
from services.safety.report_schemas import (
    DueList,
    LineListing,
    RuleApplication,
    RuleComparison,
    RulesApplied,
)
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.models import Model
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["listings"])

Form = Annotated[
    Literal["json", "csv", "html"], Query(description="A page and a CSV hold the same rows")
]
FORMS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}, "text/html": {}}}}


@router.get("/due-list", response_model=DueList, responses=documented() | FORMS)
async def read_due_list(
    call: Annotated[Call, operation("safety.read_due_list")],
    study: str,
    format: Form = "json",  # noqa: A002 (the name of the parameter in the address)
) -> Response:
    """What is to be met in the caller's reach, most urgent first."""
    found = await call.read(report_use_cases.read_due_list)
    return shown(found, report_tables.due_table(found), study, format)


@router.get("/line-listing", response_model=LineListing, responses=documented() | FORMS)
async def read_line_listing(
    call: Annotated[Call, operation("safety.read_line_listing")],
    study: str,
    format: Form = "json",  # noqa: A002 (the name of the parameter in the address)
) -> Response:
    """Every case in a line, as it stands."""
    found = await call.read(report_use_cases.read_line_listing)
    return shown(found, report_tables.line_table(found), study, format)


@router.get("/rule-comparison", responses=documented(NotFound))
async def compare_rules(
    call: Annotated[Call, operation("safety.compare_rules")],
    rule_set: Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
    version: Annotated[str, Query(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){0,2}$")],
) -> RuleComparison:
    """A dry run over all cases: what another version of a rule set would change."""
    return await call.read(lambda work: report_use_cases.compare_rules(work, rule_set, version))


@router.post("/rule-applications", status_code=201, response_model=RulesApplied,
             responses=documented())  # fmt: skip
async def apply_rules(
    body: RuleApplication, call: Annotated[Call, operation("safety.apply_rules")]
) -> Response:
    """Compute anew what every case owes, after a definition with other rules was activated."""
    return await call.change(body, lambda work: answer(report_use_cases.apply_rules(work, body)))


def shown(found: Model, table: Table, study: str, form: str) -> Response:
    """The answer itself, or its rows as a file or a page."""
    if form == "csv":
        return Response(csv_bytes(table), headers=dict(HEADERS), media_type="text/csv")
    if form == "html":
        page = html_page(table, study)
        return Response(page, headers=dict(HEADERS), media_type="text/html")
    return Response(found.model_dump_json(), media_type="application/json")
