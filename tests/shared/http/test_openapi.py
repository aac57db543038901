"""The description of each service: complete, valid, and readable without the internet."""

import importlib
import json
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from infra.database.cast import SERVICES
from shared.http.description import describe
from shared.http.docs import docs_page
from shared.http.problems import MEDIA_TYPE
from shared.identity.matrix import matrix
from tests.shared.identity.routes import ROUTES

# What OpenAPI 3.1 asks of a document, as far as this project makes use of it.
_RESPONSE = {"type": "object", "required": ["description"]}
_PARAMETER = {
    "type": "object",
    "required": ["name", "in", "schema"],
    "properties": {"in": {"enum": ["path", "query", "header"]}},
    "if": {"properties": {"in": {"const": "path"}}},
    "then": {"required": ["required"], "properties": {"required": {"const": True}}},
}
_OPERATION = {
    "type": "object",
    "required": ["operationId", "summary", "description", "responses", "tags"],
    "properties": {
        "parameters": {"type": "array", "items": _PARAMETER},
        "requestBody": {"type": "object", "required": ["content"]},
        "responses": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "patternProperties": {"^[1-5][0-9][0-9]$": _RESPONSE},
        },
    },
}
_PATH = {"type": "object", "additionalProperties": _OPERATION}
_DOCUMENT = {
    "type": "object",
    "required": ["openapi", "info", "paths", "components", "security"],
    "properties": {
        "openapi": {"pattern": r"^3\.1\."},
        "info": {"type": "object", "required": ["title", "version", "description"]},
        "paths": {"type": "object", "patternProperties": {"^/": _PATH}},
        "security": {"const": [{"bearer": []}]},
    },
}
SIGNED = {
    (route.method, route.template)
    for route in ROUTES
    if matrix().operations[route.operation].signature is not None
}


@pytest.fixture(params=SERVICES)
def document(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(described(request.param))
    return found


@cache
def described(service: str) -> str:
    """As a client gets it: whatever JSON cannot say is gone. To describe takes longer than a test,
    and says the same every time."""
    return json.dumps(describe(importlib.import_module(f"services.{service}.entrypoint").app))


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object within a document."""
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for inner in node.values() if isinstance(node, dict) else node:
            yield from parts(inner)


def test_the_document_is_valid_and_holds_every_route(document: dict[str, Any]) -> None:
    Draft202012Validator(_DOCUMENT).validate(document)
    service = document["info"]["title"].removeprefix("Induct ")
    assert {(method, path) for method, path, _ in operations(document)} == {
        (route.method, route.template) for route in ROUTES if route.service == service
    }
    ids = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(ids) == len(set(ids))


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    references = [node["$ref"] for node in parts(document) if isinstance(node.get("$ref"), str)]
    for reference in references:
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


def test_every_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        expected = {"401", "403", "404", "422", "503"}
        if method != "GET":
            expected |= {"400", "409", "413"}
        assert expected <= operation["responses"].keys(), f"{method} {path}"
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert response["content"].keys() == {MEDIA_TYPE}, f"{method} {path} {status}"


def test_refusals_of_one_status_are_all_told(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        if method != "GET":
            refusals = operation["responses"]["400"]["content"][MEDIA_TYPE]["examples"]
            assert refusals.keys() >= {"malformed-request", "idempotency-key-missing"}, path


def test_every_change_asks_for_its_idempotency_key(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        needed = [p["name"] for p in operation.get("parameters", []) if p["in"] == "header"]
        expected = [] if method == "GET" else ["Idempotency-Key"]
        if (method, path) in SIGNED:
            expected.insert(0, "Induct-Signature")
        if "428" in operation["responses"]:
            expected.append("If-Match")
        assert needed == expected, f"{method} {path}"


def test_what_is_signed_says_who_signs_what_and_how_a_signature_is_refused(
    document: dict[str, Any],
) -> None:
    for method, path, operation in operations(document):
        kinds = {
            (status, kind)
            for status, response in operation["responses"].items()
            for content in response.get("content", {}).values()
            for kind in content.get("examples", {})
            if kind.startswith(("signature-", "signing-"))
        }
        if (method, path) not in SIGNED:
            assert kinds == set(), f"{method} {path}"
            continue
        assert kinds == {
            ("401", "signature-required"),
            ("401", "signature-invalid"),
            ("403", "signature-not-fitting"),
            ("409", "signature-used"),
            ("403", "signing-locked"),
        }
        (header,) = (p for p in operation["parameters"] if p["name"] == "Induct-Signature")
        assert header["required"] is False, "a retry may come without"
        (rule,) = (
            matrix().operations[route.operation].signature
            for route in ROUTES
            if (route.method, route.template) == (method, path)
        )
        assert rule is not None
        assert all(word in header["description"] for word in (rule.meaning, *rule.roles))


def test_every_request_body_has_an_example_that_fits(document: dict[str, Any]) -> None:
    checked = 0
    for name, schema in document["components"]["schemas"].items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator.check_schema(schema)
        for example in schema.get("examples", []):
            Draft202012Validator(whole).validate(example)
            checked += 1
    assert checked >= 1


class Page(HTMLParser):
    """The elements of a page, what they point at, and its styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            assert not name.startswith("on"), "no script hides in an attribute"
            if name == "id":
                self.anchors.add(str(value))
            elif name in {"href", "src", "srcset", "action", "data", "style", "content"}:
                self.targets.append(str(value))


def test_the_page_loads_nothing_from_elsewhere(document: dict[str, Any]) -> None:
    text = docs_page(document)
    page = Page(text)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form"}
    for target in page.targets:
        assert target == "openapi.json" or target.removeprefix("#") in page.anchors
    style = text.partition("<style>")[2].partition("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_shows_every_operation(document: dict[str, Any]) -> None:
    text = docs_page(document)
    for method, path, _ in operations(document):
        assert f"<b>{method}</b> <code>{path}</code>" in text


def test_what_a_document_says_is_text_on_the_page_and_never_markup() -> None:
    evil = "<script>alert(1)</script>\"'><img src=x>"
    operation = {
        "summary": evil,
        "description": evil,
        "parameters": [{"name": evil, "in": "query", "description": evil}],
        "requestBody": {"content": {"application/json": {"example": {evil: evil}}}},
        "responses": {"200": {"description": evil}},
    }
    page = Page(
        docs_page(
            {
                "info": {"title": evil, "version": evil, "description": evil},
                "paths": {f"/{evil}": {"get": operation}},
            }
        )
    )
    assert not page.tags & {"script", "img"}


def test_a_mapping_says_that_other_names_are_refused(document: dict[str, Any]) -> None:
    mappings = [node for node in parts(document) if "patternProperties" in node]
    assert [node for node in mappings if node["additionalProperties"] is not False] == []
