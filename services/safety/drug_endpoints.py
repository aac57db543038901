"""Routes of the sponsor's dictionaries, and of drugs taken beside the treatment."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from services.safety import drug_use_cases, errors
from services.safety.drug_schemas import (
    Concomitants,
    DrugCoded,
    DrugCoding,
    DrugsFound,
    TermsFound,
)
from services.safety.parameters import CasePath
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["coding"])
Words = Annotated[str, Query(min_length=2, max_length=100, description="All must be in the name")]
Most = Annotated[int, Query(ge=1, le=50)]


@router.get("/dictionaries/meddra",
            responses=documented(errors.NoTerminology, errors.DictionaryDamaged))  # fmt: skip
async def search_terms(
    words: Words, call: Annotated[Call, operation("safety.search_terms")], limit: Most = 20
) -> TermsFound:
    """Current lowest level terms of the loaded MedDRA version."""
    return await call.read(lambda _work: drug_use_cases.search_terms(words, limit))


@router.get("/dictionaries/whodrug",
            responses=documented(errors.NoDrugDictionary, errors.DictionaryDamaged))  # fmt: skip
async def search_drugs(
    words: Words, call: Annotated[Call, operation("safety.search_drugs")], limit: Most = 20
) -> DrugsFound:
    """Drug names of the loaded WHODrug version."""
    return await call.read(lambda _work: drug_use_cases.search_drugs(words, limit))


@router.get("/cases/{case}/concomitants", responses=documented(NotFound))
async def list_concomitants(
    case: CasePath, call: Annotated[Call, operation("safety.list_concomitants")]
) -> Concomitants:
    """Drugs that may have been taken when an event of the case began, with their codes."""
    return await call.read(lambda work: drug_use_cases.list_concomitants(work, case))


@router.post("/cases/{case}/drug-codings", status_code=201, response_model=DrugCoded,
             responses=documented(NotFound, errors.CaseNullified, errors.NoDrugDictionary,
                                  errors.DictionaryDamaged, errors.CodingRefused))  # fmt: skip
async def code_drug(
    case: CasePath, body: DrugCoding, call: Annotated[Call, operation("safety.code_drug")]
) -> Response:
    """Code a concomitant drug by WHODrug. No due date hangs on it."""
    return await call.change(
        body, lambda work: answer(drug_use_cases.code_drug(work, case, body), 201)
    )
