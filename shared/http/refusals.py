"""The framework's own refusals, said as problems: a pointer and a code, never the value."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from shared.http.problems import (
    FieldError,
    InvalidContent,
    MalformedRequest,
    NotFound,
    Problem,
    TooLarge,
)

MAX_POINTER = 200


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class MethodNotAllowed(Problem):
    """``allowed`` are the methods that the address takes."""

    status, kind, title = 405, "method-not-allowed", "This address does not take this method"

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        super().__init__()
        self.allowed = allowed

    def headers(self) -> Mapping[str, str]:
        return {"Allow": ", ".join(self.allowed)}


def from_validation(error: RequestValidationError) -> Problem:
    """All faults of a request. Path parameters that fit no code are simply not found."""
    faults = error.errors()
    if any(fault["loc"][0] == "path" for fault in faults):
        return NotFound()
    return InvalidContent(errors=[_field_error(fault, error.body) for fault in faults])


def pointer(location: tuple[Any, ...]) -> str:
    """JSON pointer (RFC 6901) into the body; ``/#query/name`` and the like for the rest."""
    where, *rest = location
    parts = rest if where == "body" else [f"#{where}", *rest]
    text = "".join("/" + _escape(str(part)) for part in parts)
    return text[:MAX_POINTER] or "/"


def _in_body(location: tuple[Any, ...], kind: str, body: Any) -> tuple[Any, ...]:
    """The steps of a location that lead somewhere in the body.

    Pydantic's locations also name the choice it tried: a union's tag or type, a mapping's key.
    """
    steps, place = ["body"], body
    for number, step in enumerate(location[1:], start=2):
        if _leads_on(place, step):
            place = place[step]
        elif kind != "missing" or number < len(location):
            continue
        steps.append(step)
    return tuple(steps)


def _leads_on(place: Any, step: Any) -> bool:
    if isinstance(place, list):
        return isinstance(step, int) and step < len(place)
    return isinstance(place, dict) and step in place


def _escape(part: str) -> str:
    shown = part.encode("ascii", "replace").decode()
    return shown.replace("~", "~0").replace("/", "~1")


def _field_error(fault: Any, body: Any) -> FieldError:
    kind = str(fault["type"])
    detail = str(fault["msg"]).removeprefix("Value error, ")
    place = fault["loc"]
    if place[0] == "body":
        place = _in_body(place, kind, body)
    if kind in {"model_type", "model_attributes_type"}:
        # Its own words name a class of ours. A whole body that is none may be no JSON at all.
        whole = fault["loc"] == ("body",)
        kind, detail = "object_type", "A JSON object is expected"
        detail += "; is Content-Type right?" if whole else "."
    if kind == "union_tag_not_found":
        detail = "{discriminator} is missing: it says which of several this is".format_map(
            fault["ctx"]
        )
    if kind == "union_tag_invalid":
        # Pydantic's own words repeat what was sent.
        detail = "{discriminator} is none of {expected_tags}".format_map(fault["ctx"])
    return FieldError(pointer(place), kind.replace("_", "-"), detail)


def from_http_error(error: HTTPException, request: Request) -> Problem:
    """A problem for what the framework itself refuses."""
    if error.status_code == 404:
        return NotFound()
    if error.status_code == 405:
        return MethodNotAllowed(_methods_of(request))
    if error.status_code == 413:
        return TooLarge()
    return MalformedRequest()


def _methods_of(request: Request) -> list[str]:
    """The methods of an address. The framework names those of the first route that fits only."""
    routes = request.app.router.routes
    return [
        method
        for method in METHODS
        if any(
            route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes
        )
    ]
