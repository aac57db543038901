"""What the face says of its routes (OpenAPI): imported where it is asked for, and not on Lambda."""

from collections.abc import Sequence
from typing import Any

from services.assessments.domain.rave.refusals import Code
from services.assessments.rave.app import XML
from services.assessments.rave.odm_schema import schemas
from services.assessments.rave.read_endpoints import CSV, MODES
from shared.http.faces import Telling

Said = dict[str, Any]
TEXT, JSON = "text/plain", "application/json"
_READ = (401, 403, 404, 422, 503)
_POST = (400, 401, 403, 404, 409, 413, 422, 503)
_REFUSED = {"schema": {"$ref": "#/components/schemas/Response"}}
_PLAIN = {"schema": {"type": "string"}}
WORDS = (
    "ODM 1.3 over HTTP, as Medidata Rave speaks it, for EDC systems. Basic credentials of one "
    "study and one role; every refusal is a Response. More in docs/api/rave.md."
)


def _query(name: str, words: str, *, required: bool = False, **schema: Any) -> Said:
    shown = {"type": "string"} | schema
    return {"name": name, "in": "query", "required": required, "description": words,
            "schema": shown}  # fmt: skip


_STUDY_OID = _query("studyoid", "Study and environment: NCT05748171(Prod)")
_START = _query("start", "Only records changed since: an ISO 8601 date or time, UTC unless told")
_COUNT: Said = {"pattern": "^[0-9]{1,15}$"}


def _said(
    summary: str,
    description: str,
    media: Sequence[str] = (XML,),
    *,
    query: Sequence[Said] = (),
    refused: Sequence[int] = _READ,
) -> Said:
    responses: Said = {"200": {"description": "As asked", "content": dict.fromkeys(media, _PLAIN)}}
    for status in refused:
        words = "; ".join(f"{c.reason}: {c.words}" for c in Code if c.status == status)
        content: Said = {XML: _REFUSED}
        if status == 401:
            content[TEXT] = _PLAIN  # where no credentials came
        responses[str(status)] = {"description": words, "content": content}
    return {
        "summary": summary,
        "description": description,
        "tags": ["rave"],
        "parameters": list(query),
        "responses": responses,
    }


def _post() -> Said:
    """A query that is a name without a value is no parameter that OpenAPI could describe strictly:
    its value is passed over."""
    flag = _query("PostODMClinicalData", "What is asked for: the name alone counts", required=True)
    said = _said(
        "Post clinical data",
        "A file is taken whole or not at all, and once for its FileOID.",
        query=[flag],
        refused=_POST,
    )
    body = {"schema": {"$ref": "#/components/schemas/ODM"}}
    said["requestBody"] = {"required": True, "content": {XML: body}}
    said["responses"]["200"]["content"] = {XML: _REFUSED}
    return said


def _datasets() -> dict[tuple[str, str], Said]:
    found = {}
    for within in ("", "/versions/{version}", "/subjects/{subject}"):
        for file in ("", "/{file}"):
            found["GET", f"/studies/{{study}}{within}/datasets/{{kind}}{file}"] = _said(
                "Values that stand",
                "The values as received, as ODM, or as CSV where the form's name ends in .csv.",
                (XML, CSV) if file else (XML,),
                query=[_START],
            )
    return found


SAID: dict[tuple[str, str], Said] = {
    ("GET", "/version"): _said("Version", "The version of the service.", (TEXT,), refused=()),
    ("GET", "/version/build"): _said("Build", "The same again.", (TEXT,), refused=()),
    ("GET", "/twohundred"): _said("Whether it answers", "OK.", (TEXT,), refused=()),
    ("POST", "/webservice.aspx"): _post(),
    ("GET", "/reports/{reference}"): _said(
        "Faults of a file",
        "All faults of a refused file, or the notes on one that was taken.",
        (JSON,),
    ),
    ("GET", "/studies"): _said("Studies", "The study of the credentials."),
    ("GET", "/metadata/studies"): _said("Definitions", "The study whose definitions can be read."),
    ("GET", "/metadata/studies/{study}/versions"): _said(
        "Versions", "The versions of a study's definition."
    ),
    ("GET", "/metadata/studies/{study}/versions/{version}"): _said(
        "A definition", "A version of the study's definition as ODM metadata."
    ),
    ("GET", "/studies/{study}/subjects"): _said(
        "Subjects",
        "The subjects within reach.",
        query=[
            _query("status", "all: with their status"),
            _query("links", "all: with links"),
            _query("subjectKeyType", "SubjectUUID: by UUID instead of by name"),
        ],
    ),
    **_datasets(),
    ("GET", "/datasets/Sites.odm"): _said("Sites", "Sites within reach.", query=[_STUDY_OID]),
    ("GET", "/datasets/Users.odm"): _said(
        "Users",
        "Accounts that entered data.",
        query=[_STUDY_OID, _query("locationoid", "Of one site")],
    ),
    ("GET", "/datasets/ClinicalAuditRecords.odm"): _said(
        "Audit trail",
        "The audit trail in the order of commits; the next page by Link.",
        query=[
            _STUDY_OID | {"required": True},
            _query("startid", "The number to begin with", **_COUNT),
            _query("per_page", "Records on a page, 5,000 at most", **_COUNT),
            _query("mode", "Passed over: all modes tell the same", enum=sorted(MODES)),
        ],
    ),
}


def _path(words: str, example: str) -> Said:
    return {"description": words, "schema": {"type": "string"}, "example": example}


def telling() -> Telling:
    return Telling(
        title="Induct assessments: Rave Web Services",
        words=WORDS,
        said=SAID,
        path_parameters={
            "study": _path("Study, with or without an environment", "NCT05748171(Prod)"),
            "version": _path("Number of a definition", "1"),
            "subject": _path("Subject", "S01-001"),
            "kind": _path("regular", "regular"),
            "file": _path("Form, or form.csv", "demographics.csv"),
            "reference": _path("ReferenceNumber of an answer, a UUID",
                               "00000000-0000-4000-8000-000000000001"),
        },
        schemes={"basic": {"type": "http", "scheme": "basic"}},
        schemas=schemas(),
    )  # fmt: skip
