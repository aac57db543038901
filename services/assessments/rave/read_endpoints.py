"""The reads of the face."""

import re
from datetime import UTC, date, datetime

from starlette.requests import Request
from starlette.responses import Response

from services.assessments.domain.rave.oids import StudyOid, study_oid
from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.rave import read_service
from services.assessments.rave.app import PREFIX, FaceRoute, xml
from services.assessments.rave.call import FaceCall, entered

READ = "assessments.rave_read"
MAX_PER_PAGE = 5_000
MODES = frozenset({"", "default", "all", "enhanced"})
_NUMBER = re.compile(r"[0-9]{1,15}", re.ASCII)
_FILE = re.compile(r"(?P<form>[A-Za-z][A-Za-z0-9_]{0,39})(?P<csv>\.csv)?", re.ASCII)
CSV = "text/csv"


async def studies(request: Request) -> Response:
    call = await entered(request, READ)
    return xml(await call.read(read_service.studies))


async def metadata_studies(request: Request) -> Response:
    call = await entered(request, READ)
    return xml(await call.read(read_service.projects))


async def metadata_versions(request: Request) -> Response:
    call = await entered(request, READ)
    oid = _study(request.path_params["study"])
    return xml(await call.read(lambda work: read_service.versions(work, oid)))


async def metadata_version(request: Request) -> Response:
    call = await entered(request, READ)
    oid, number = _study(request.path_params["study"]), request.path_params["version"]
    return xml(await call.read(lambda work: read_service.metadata_version(work, oid, number)))


async def subjects(request: Request) -> Response:
    call = await entered(request, READ)
    oid, query = _study(request.path_params["study"]), request.query_params
    base = f"{request.url.scheme}://{request.url.netloc}{PREFIX}"
    asked = read_service.SubjectsAsked(
        by_uuid=query.get("subjectKeyType", "").casefold() == "subjectuuid",
        status=query.get("status") == "all",
        links=base if query.get("links") == "all" else None,
    )
    return xml(await call.read(lambda work: read_service.subjects(work, oid, asked)))


async def dataset(request: Request) -> Response:
    """``studies/INO(Prod)[/versions/{n}|/subjects/{key}]/datasets/regular[/{form}[.csv]]``."""
    call = await entered(request, READ)
    given = request.path_params
    if given["kind"].casefold() not in {"regular", "raw"}:
        raise refuse(Code.NOT_FOUND)
    file = _FILE.fullmatch(given.get("file", "")) if "file" in given else None
    if "file" in given and file is None:
        raise refuse(Code.FORM_UNKNOWN)
    asked = read_service.DatasetAsked(
        oid=_study(given["study"]),
        form=file["form"] if file else None,
        subject=given.get("subject"),
        version=given.get("version"),
        since=_since(request.query_params.get("start")),
    )
    if file and file["csv"]:
        table = await call.read(lambda work: read_service.dataset_table(work, asked))
        return Response(table, media_type=CSV)
    return xml(await call.read(lambda work: read_service.dataset(work, asked)))


async def sites(request: Request) -> Response:
    call, oid = await _of_study(request)
    return xml(await call.read(lambda work: read_service.sites(work, oid)))


async def users(request: Request) -> Response:
    call, oid = await _of_study(request)
    site = request.query_params.get("locationoid")
    return xml(await call.read(lambda work: read_service.users(work, oid, site)))


async def audits(request: Request) -> Response:
    call, oid = await _of_study(request)
    query = request.query_params
    if oid is None:
        raise refuse(Code.PARAMETER, "", "studyoid is needed.")
    if query.get("mode", "") not in MODES:
        raise refuse(Code.PARAMETER, "", "mode is default, all or enhanced.")
    start = _number(query.get("startid"), "startid", 0)
    per_page = min(_number(query.get("per_page"), "per_page", 1_000), MAX_PER_PAGE) or 1
    text, following = await call.read(lambda work: read_service.audits(work, oid, start, per_page))
    headers = {}
    if following is not None:
        url = request.url.include_query_params(startid=following)
        headers["Link"] = f'<{url}>; rel="next"'
    return xml(text, 200, headers)


async def _of_study(request: Request) -> tuple[FaceCall, StudyOid | None]:
    call = await entered(request, READ)
    named = request.query_params.get("studyoid")
    return call, None if named is None else _study(named)


def _study(text: str) -> StudyOid:
    found = study_oid(text)
    if found is None:
        raise refuse(Code.STUDY_UNKNOWN)
    return found


def _number(text: str | None, name: str, otherwise: int) -> int:
    if text is None:
        return otherwise
    if not _NUMBER.fullmatch(text):
        raise refuse(Code.PARAMETER, "", f"{name} is a whole number.")
    return int(text)


def _since(text: str | None) -> datetime | None:
    """An instant of the parameter ``start``; UTC, as all of the face's times."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise refuse(Code.PARAMETER, "", "start is an ISO 8601 date or time.") from None
    if not date(1900, 1, 1) < found.date() < date(2200, 1, 1):
        raise refuse(Code.PARAMETER, "", "start is out of range.")
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


_STUDY = "/studies/{study}"
_DATASETS = [
    f"{_STUDY}{within}/datasets/{{kind}}{file}"
    for within in ("", "/versions/{version}", "/subjects/{subject}")
    for file in ("", "/{file}")
]
READS = [
    FaceRoute("GET", "/studies", READ, studies),
    FaceRoute("GET", "/metadata/studies", READ, metadata_studies),
    FaceRoute("GET", "/metadata/studies/{study}/versions", READ, metadata_versions),
    FaceRoute("GET", "/metadata/studies/{study}/versions/{version}", READ, metadata_version),
    FaceRoute("GET", f"{_STUDY}/subjects", READ, subjects),
    *(FaceRoute("GET", path, READ, dataset) for path in _DATASETS),
    FaceRoute("GET", "/datasets/Sites.odm", READ, sites),
    FaceRoute("GET", "/datasets/Users.odm", READ, users),
    FaceRoute("GET", "/datasets/ClinicalAuditRecords.odm", READ, audits),
]
