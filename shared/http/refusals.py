"""The framework's own refusals, said as problems: a pointer and a code, never the value."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.http.problems import (
    FieldError,
    InvalidContent,
    MalformedRequest,
    NotFound,
    Problem,
    TooLarge,
)

MAX_POINTER = 200


class MethodNotAllowed(Problem):
    status, kind, title = 405, "method-not-allowed", "This address does not take this method"


def from_validation(error: RequestValidationError) -> Problem:
    """All faults of a request. Path parameters that fit no code are simply not found."""
    faults = error.errors()
    if any(fault["loc"][0] == "path" for fault in faults):
        return NotFound()
    return InvalidContent(errors=[_field_error(fault) for fault in faults])


def pointer(location: tuple[Any, ...]) -> str:
    """JSON pointer (RFC 6901) into the body; ``#/query/name`` and the like for the rest."""
    where, *rest = location
    parts = rest if where == "body" else [f"#{where}", *rest]
    text = "".join("/" + _escape(str(part)) for part in parts)
    return text[:MAX_POINTER] or "/"


def _escape(part: str) -> str:
    shown = part.encode("ascii", "replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")


def _field_error(fault: Any) -> FieldError:
    kind = str(fault["type"])
    detail = str(fault["msg"]).removeprefix("Value error, ")
    if kind == "model_attributes_type":
        kind, detail = "object_type", "A JSON object is expected; is Content-Type right?"
    return FieldError(pointer(fault["loc"]), kind.replace("_", "-"), detail)


def from_http_error(error: HTTPException) -> Problem:
    """A problem for what the framework itself refuses."""
    if error.status_code == 404:
        return NotFound()
    if error.status_code == 405:
        return MethodNotAllowed()
    if error.status_code == 413:
        return TooLarge()
    return MalformedRequest()
