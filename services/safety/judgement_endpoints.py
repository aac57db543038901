"""Routes of medical judgement, narrative and submissions: what is signed about a case."""

from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import Response

from services.safety import (
    errors,
    judgement_use_cases,
    narrative_use_cases,
    submission_use_cases,
)
from services.safety.judgement_schemas import Judgement, Judgements
from services.safety.narrative_schemas import Narrative, NarrativeSigning
from services.safety.parameters import CasePath, SubmissionPath
from services.safety.schemas import Case
from services.safety.submission_schemas import (
    AcknowledgementReceived,
    SubmissionMade,
    SubmissionRecorded,
)
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, PreconditionFailed, PreconditionMissing, documented

router = APIRouter(
    prefix="/studies/{study}/cases/{case}", route_class=StrictRoute, tags=["judgement"]
)
_CLOSED = (NotFound, errors.CaseNullified, errors.CaseLocked)
_JUDGE = documented(*_CLOSED, errors.JudgementRefused, errors.NotYoursToJudge)


@router.get("/judgements", responses=documented(NotFound))
async def list_judgements(
    case: CasePath, call: Annotated[Call, operation("safety.list_judgements")]
) -> Judgements:
    """Every judgement with author, time, reason and signature; and what the lists propose."""
    return await call.read(lambda work: judgement_use_cases.list_judgements(work, case))


@router.post("/judgements", status_code=201, response_model=Case, responses=_JUDGE)
async def judge_case(
    case: CasePath, body: Judgement, call: Annotated[Call, operation("safety.judge_case")]
) -> Response:
    """Judge causality (the signer's party), expectedness, anticipation or exemption. Signed."""
    return await call.change(body, lambda work: answer(judgement_use_cases.judge(work, case, body)))


@router.get("/narrative", responses=documented(NotFound))
async def read_narrative(
    case: CasePath, call: Annotated[Call, operation("safety.read_narrative")]
) -> Narrative:
    """The draft that the template makes of the case as it stands, and what was signed."""
    return await call.read(lambda work: narrative_use_cases.read_narrative(work, case))


@router.post("/narrative", status_code=201, response_model=Narrative,
             responses=documented(*_CLOSED, PreconditionMissing, PreconditionFailed))  # fmt: skip
async def sign_narrative(
    case: CasePath,
    body: NarrativeSigning,
    call: Annotated[Call, operation("safety.sign_narrative")],
) -> Response:
    """Sign the narrative of the version that `If-Match` names."""
    known = call.if_match()
    return await call.change(
        body,
        lambda work: answer(narrative_use_cases.sign_narrative(work, case, known, body)),
    )


@router.post("/submissions", status_code=201, response_model=SubmissionRecorded,
             responses=documented(*_CLOSED, errors.SubmissionRefused))  # fmt: skip
async def record_submission(
    case: CasePath,
    body: SubmissionMade,
    call: Annotated[Call, operation("safety.record_submission")],
) -> Response:
    """Record a report that was sent outside this system: a portal, a letter. Signed."""
    return await call.change(
        body, lambda work: answer(submission_use_cases.submit(work, case, body))
    )


@router.post("/submissions/{submission}/acknowledgements", status_code=201, response_model=Case,
             responses=documented(NotFound))  # fmt: skip
async def record_acknowledgement(
    case: CasePath,
    submission: SubmissionPath,
    body: AcknowledgementReceived,
    call: Annotated[Call, operation("safety.record_acknowledgement")],
) -> Response:
    """Record what the authority answered. Only an acceptance meets the obligation."""
    return await call.change(
        body,
        lambda work: answer(submission_use_cases.acknowledge(work, case, submission, body)),
    )
