"""The ``<Response>`` documents of the face."""

from services.assessments.domain.rave.markup import attributes
from services.assessments.domain.rave.refusals import Refusal
from services.assessments.domain.rave.steps import Touched

NOT_SUPPLIED = "Not Supplied"


def success(
    reference: str, file_oid: str | None, touched: Touched, in_study: int, at_site: int
) -> str:
    """A file that was taken. Only ever sent with status 200: the client fails on any other."""
    return _response(
        {
            "ReferenceNumber": reference,
            "InboundODMFileOID": file_oid or NOT_SUPPLIED,
            "IsTransactionSuccessful": "1",
            "SuccessStatistics": touched.statistics(),
            "NewRecords": "",
            "SubjectNumberInStudy": str(in_study),
            "SubjectNumberInStudySite": str(at_site),
        }
    )


def failure(reference: str, refusal: Refusal, file_oid: str | None = None) -> str:
    """A request that was refused. Never sent with status 200: the client would believe it."""
    return _response(
        {
            "ReferenceNumber": reference,
            "InboundODMFileOID": file_oid or NOT_SUPPLIED,
            "IsTransactionSuccessful": "0",
            "ReasonCode": refusal.code.reason,
            "ErrorOriginLocation": refusal.location,
            "SuccessStatistics": Touched().statistics(),
            "ErrorClientResponseMessage": refusal.message,
        }
    )


def _response(values: dict[str, str]) -> str:
    return f"<Response{attributes(values)}></Response>"
