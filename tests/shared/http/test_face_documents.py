"""The documents of faces; and that no service mounts a route which stands in no document."""

import importlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from jsonschema import Draft202012Validator, ValidationError
from lxml import etree
from starlette.routing import BaseRoute, Mount, Route

from infra.database.cast import SERVICES
from services.assessments.domain.rave.parser import parse
from services.assessments.domain.rave.xml_names import MDSOL_NAMESPACE, ODM_NAMESPACE
from shared.http.description import describe
from shared.http.docs import docs_page
from shared.http.faces import Telling, describe_face
from shared.identity.issuer import Issuer
from tests.services.assessments.rave.test_hostile import GOOD
from tests.shared.http.test_openapi import _DOCUMENT, Page, operations, parts
from tests.shared.identity.routes import without_database

FACES = {"rave": "assessments", "desk": "safety"}
# What a service tells of itself; of a trial nothing.
OWN = {"health", "ready", "openapi.json", "docs", *(f"{f}/openapi.json" for f in FACES),
       *(f"{f}/docs" for f in FACES)}  # fmt: skip


def app_of(service: str) -> Any:
    return importlib.import_module(f"services.{service}.entrypoint").app


@cache
def documents(service: str) -> dict[str, Any]:
    """As a client gets them, by name; the service's own is called after it."""
    app = app_of(service)
    found = {face.state.name: face.state.describe() for face in app.state.faces.values()}
    whole: dict[str, Any] = json.loads(json.dumps(found | {service: describe(app)}))
    return whole


def mounted(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method of every route, whoever added it and whatever it is hidden from."""
    for route in routes:
        if isinstance(route, Mount):
            yield from mounted(list(route.routes), prefix + route.path)
        elif isinstance(route, Route) and not isinstance(route, APIRoute):
            for method in (route.methods or set()) - {"HEAD"}:
                yield method, prefix + route.path
    for context in iter_route_contexts(routes):
        if isinstance(context.original_route, APIRoute):
            for method in context.methods or ():
                yield method, prefix + str(context.path_format)


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_that_a_service_mounts_stands_in_a_document(service: str) -> None:
    told = {
        (method, path)
        for document in documents(service).values()
        for method, path, _ in operations(document)
    }
    own = {("GET", f"/{service}/{page}") for page in OWN}
    found = set(mounted(app_of(service).routes))
    assert found - own == told
    assert {("GET", f"/{service}/{page}") for page in ("health", "openapi.json")} <= found


@pytest.mark.parametrize(("face", "service"), FACES.items())
def test_a_face_says_how_it_is_entered_and_how_it_refuses(face: str, service: str) -> None:
    document = documents(service)[face]
    security = {"const": document["security"]}
    form = _DOCUMENT | {"properties": _DOCUMENT["properties"] | {"security": security}}
    Draft202012Validator(form).validate(document)
    (scheme,) = document["components"]["securitySchemes"]
    assert document["security"] == [{scheme: []}]
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))
    for method, path, operation in operations(document):
        described = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
        assert described == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        if operation.get("security") == []:
            assert path.rpartition("RaveWebServices")[2] in {
                "/version", "/version/build", "/twohundred",
            }  # fmt: skip
            continue
        assert {"200", "401", "403", "404", "422", "503"} <= operation["responses"].keys(), path
        if method == "POST":
            assert {"400", "409", "413"} <= operation["responses"].keys()


@pytest.mark.parametrize(("face", "service"), FACES.items())
def test_every_reference_of_a_face_leads_somewhere(face: str, service: str) -> None:
    document = documents(service)[face]
    found = {node["$ref"] for node in parts(document) if isinstance(node.get("$ref"), str)}
    names = {reference.removeprefix("#/components/schemas/") for reference in found}
    assert names
    assert names <= document["components"]["schemas"].keys()


@pytest.mark.parametrize(("face", "service"), FACES.items())
def test_the_pages_of_a_face_are_served_and_load_nothing(
    face: str, service: str, issuer: Issuer
) -> None:
    with without_database(service, issuer) as api:
        answer = api.get(f"//{service}/{face}/openapi.json", role=None)
        text = api.get(f"//{service}/{face}/docs", role=None).text
    assert answer.json() == documents(service)[face]
    page = Page(text)
    assert not page.tags & {"script", "link", "img", "iframe", "form"}
    assert "bearer token" not in text
    assert "bearer token" in docs_page(documents(service)[service])


def test_a_route_of_a_face_that_nothing_is_said_of_cannot_be_described() -> None:
    @dataclass(frozen=True)
    class Untold:
        method: str = "GET"
        path: str = "/untold"
        operation: str | None = "safety.read_case"

    with pytest.raises(KeyError):
        describe_face("/x", [Untold()], Telling("x", "x", {}, {}, {}, {}))


MESSAGES: dict[str, dict[str, Any]] = {
    "case.number_assigned": {"desk_number": "D-1"},
    "query.raised": {"query_id": "Q-1", "question": "Which dose?"},
    "query.closed": {"query_id": "Q-1", "reason": "Answered."},
    "report.answered": {
        "reference": "R-1", "accepted": True, "received_at": "2026-02-21T10:00:00Z",
    },
}  # fmt: skip


def test_a_message_is_described_as_it_is_taken() -> None:
    document = documents("safety")["desk"]
    schema = {"$ref": "#/components/schemas/DeskMessageSent", "components": document["components"]}
    validator = Draft202012Validator(schema)
    for type_, data in MESSAGES.items():
        told = {"case_number": "NCT05748171-0001"} | data
        message = {"type": type_, "timestamp": "2026-02-21T10:00:00Z", "data": told}
        validator.validate(message)
        for spoiled in (
            message | {"type": "case.deleted"},
            message | {"arm": "INO"},
            message | {"data": told | {"arm": "INO"}},
            message | {"data": {"case_number": told["case_number"]}},
        ):
            with pytest.raises(ValidationError):
                validator.validate(spoiled)


def test_what_is_described_of_a_file_is_what_a_client_writes_and_the_parser_reads() -> None:
    """Each element and attribute of a document by its name: rwslib writes more than is looked at,
    and nothing that is described is spelled otherwise than the client spells it."""
    schemas = documents("assessments")["rave"]["components"]["schemas"]
    document = parse(GOOD.encode())
    assert document.subjects
    seen: dict[str, set[str]] = {}
    for element in etree.fromstring(GOOD.encode()).iter("*"):
        name = etree.QName(element)
        assert name.namespace == ODM_NAMESPACE
        inner = {etree.QName(child).localname for child in element}
        here = {spelled(str(key)) for key in element.attrib} | inner
        seen.setdefault(name.localname, set()).update(here)
    for element, wanted in {
        "ODM": {"FileOID", "ClinicalData"},
        "ClinicalData": {"StudyOID", "SubjectData"},
        "SubjectData": {"SubjectKey", "TransactionType", "SiteRef", "StudyEventData"},
        "FormData": {"FormOID", "FormRepeatKey", "ItemGroupData"},
        "ItemGroupData": {"mdsol:Submission", "ItemData"},
        "ItemData": {"ItemOID", "Value", "AuditRecord"},
    }.items():
        assert wanted <= seen[element] & schemas[element]["properties"].keys(), element


def spelled(name: str) -> str:
    found = etree.QName(name)
    return f"mdsol:{found.localname}" if found.namespace == MDSOL_NAMESPACE else found.localname
