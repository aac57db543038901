"""Routes of the tabulations for a DSUR."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.safety import tabulation_use_cases
from services.safety.report_endpoints import FORMS, Form, shown
from services.safety.tabulation_schemas import SafetySummary, SummaryByTreatment
from services.safety.tabulation_tables import summary_table, treatment_table
from shared.http.app import StrictRoute
from shared.http.call import Call, operation
from shared.http.models import IsoDate
from shared.http.problems import FieldError, InvalidContent, documented
from shared.http.refusals import pointer

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["listings"])

FirstDay = Annotated[IsoDate, Query(description="Of the interval")]
LastDay = Annotated[IsoDate, Query(description="Of the interval and of all that counts")]


@router.get("/safety-summary", response_model=SafetySummary,
            responses=documented(InvalidContent) | FORMS)  # fmt: skip
async def read_safety_summary(
    call: Annotated[Call, operation("safety.read_safety_summary")],
    study: str,
    first_day: FirstDay,
    last_day: LastDay,
    format: Form = "json",  # noqa: A002 (the name of the parameter in the address)
) -> Response:
    """Serious adverse events by term, cumulative and in an interval (DSUR); never by arm."""
    _check_order(first_day, last_day)
    found = await call.read(
        lambda work: tabulation_use_cases.read_summary(work, first_day, last_day)
    )
    return shown(found, summary_table(found), study, format)


@router.get("/closed/safety-summary", response_model=SummaryByTreatment,
            responses=documented(InvalidContent) | FORMS)  # fmt: skip
async def read_summary_by_treatment(
    call: Annotated[Call, operation("safety.read_summary_by_treatment")],
    study: str,
    first_day: FirstDay,
    last_day: LastDay,
    format: Form = "json",  # noqa: A002 (the name of the parameter in the address)
) -> Response:
    """The same by treatment received, for those who may know results by arm."""
    _check_order(first_day, last_day)
    found = await call.read(
        lambda work: tabulation_use_cases.read_summary_by_treatment(work, first_day, last_day)
    )
    return shown(found, treatment_table(found), study, format)


def _check_order(first: date, last: date) -> None:
    if last < first:
        words = "The last day precedes the first."
        fault = FieldError(pointer(("query", "last_day")), "before-first", words)
        raise InvalidContent(errors=[fault])
