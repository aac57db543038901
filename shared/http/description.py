"""The OpenAPI document of a service: its routes, and what they all have in common."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from shared.database.receipts import MOST_IN_HEADER, PATTERN, RECEIPT
from shared.http.problems import (
    MEDIA_TYPE,
    SCHEMA,
    Forbidden,
    IdempotencyKeyMissing,
    IdempotencyKeyReused,
    InvalidContent,
    MalformedRequest,
    NotFound,
    Problem,
    RequestInFlight,
    SignatureInvalid,
    SignatureNotFitting,
    SignatureRequired,
    SignatureUsed,
    SigningLocked,
    TooLarge,
    Unauthenticated,
    Unavailable,
    add_response,
)
from shared.http.signatures import HEADER as SIGNATURE

# How every call may be refused, and every change besides.
_ALWAYS: tuple[type[Problem], ...] = (
    Unauthenticated,
    Forbidden,
    NotFound,
    InvalidContent,
    Unavailable,
)
_CHANGES: tuple[type[Problem], ...] = (
    MalformedRequest,
    IdempotencyKeyMissing,
    RequestInFlight,
    TooLarge,
    IdempotencyKeyReused,
)
_SIGNED: tuple[type[Problem], ...] = (
    SignatureRequired,
    SignatureInvalid,
    SignatureNotFitting,
    SignatureUsed,
    SigningLocked,
)
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Chosen by the caller, kept for a retry: the same key is answered the same",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "ETag of the version that the change is based on",
    "schema": {"type": "string"},
}
_RECEIPT = {
    "description": "What the change added to the trail of subjects: stream, first and last row, the"
    " hash before and the last one; several are parted by commas. To keep: docs/receipts.md. Not"
    " there for who is blinded, where nothing was added, and of more than"
    f" {MOST_IN_HEADER} subjects",
    "schema": {"type": "string", "pattern": f"^{PATTERN}(, {PATTERN})*$"},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with bearer tokens and the shape of problems."""
    document = deepcopy(
        get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
    )
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = SCHEMA
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    document["security"] = [{"bearer": []}]
    _close(document)
    for path in document["paths"].values():
        for method, operation in path.items():
            _complete(operation, changes=method != "get")
    return document


def _close(part: Any) -> None:
    """Say of every mapping that other names than its pattern's are refused, as they are."""
    if isinstance(part, dict):
        if "patternProperties" in part:
            part.setdefault("additionalProperties", False)
        for inner in part.values():
            _close(inner)
    elif isinstance(part, list):
        for inner in part:
            _close(inner)


def _complete(operation: dict[str, Any], *, changes: bool) -> None:
    responses = operation["responses"]
    if MEDIA_TYPE not in responses.get("422", {}).get("content", {}):
        responses.pop("422", None)  # the framework's own shape, which no answer of ours has
    for kind in _ALWAYS + (_CHANGES if changes else ()):
        add_response(responses, kind)
    parameters = operation.setdefault("parameters", [])
    if any(parameter["name"] == SIGNATURE for parameter in parameters):
        for kind in _SIGNED:
            add_response(responses, kind)
    if changes:
        parameters.append(_IDEMPOTENCY_KEY)
        for status, response in responses.items():
            if status.startswith("2"):
                response.setdefault("headers", {})[RECEIPT] = _RECEIPT
    if "428" in responses:
        parameters.append(_IF_MATCH)
