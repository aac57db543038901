"""Problem details for HTTP APIs (RFC 9457): one class a kind of refusal, one stable ``type`` each.

A problem points at the field it is about and never repeats the value: values are patient data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

PREFIX = "urn:induct:problem:"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class FieldError:
    """One fault in what was sent: where (JSON pointer), which kind, and in words."""

    pointer: str
    code: str
    detail: str
    source: str | None = None

    def to_json(self) -> dict[str, str]:
        shown = {"pointer": self.pointer, "code": self.code, "detail": self.detail}
        return shown if self.source is None else shown | {"source": self.source}


class Problem(Exception):
    """A refusal that the caller sees. Subclasses fix ``status``, ``kind`` and ``title``."""

    status: ClassVar[int] = 500
    kind: ClassVar[str] = "internal"
    title: ClassVar[str] = "The server failed"
    retry_after: ClassVar[int | None] = None

    def __init__(self, detail: str = "", errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.errors = tuple(errors)

    def to_json(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "type": PREFIX + self.kind,
            "title": self.title,
            "status": self.status,
        }
        if self.detail:
            body["detail"] = self.detail
        if self.errors:
            body["errors"] = [error.to_json() for error in self.errors]
        return body

    def headers(self) -> Mapping[str, str]:
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    @classmethod
    def openapi(cls) -> dict[str, Any]:
        """The response as OpenAPI shows it, with the stable ``type`` as example."""
        example = {"type": PREFIX + cls.kind, "title": cls.title, "status": cls.status}
        return {
            "description": cls.title,
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {cls.kind: {"value": example}},
                }
            },
        }


class Unauthenticated(Problem):
    status, kind, title = 401, "unauthenticated", "A valid bearer token is needed"

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(Problem):
    status, kind, title = 403, "forbidden", "This role may not do this"


class SignatureRequired(Problem):
    status, kind, title = 401, "signature-required", "An electronic signature is needed"

    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Induct-Signature"}


class SignatureInvalid(SignatureRequired):
    """Forged, expired, or of a person who authenticated too long ago: which is told to nobody."""

    kind, title = "signature-invalid", "The electronic signature is not valid: sign again"


class SignatureNotFitting(Problem):
    """A signature of somebody who may not sign this, or that was given for something else."""

    status, kind, title = 403, "signature-not-fitting", "The electronic signature is not for this"


class SignatureUsed(Problem):
    status, kind, title = 409, "signature-used", "The electronic signature is used up: sign again"


class SigningLocked(Problem):
    """Too many signatures that could not be taken came from this account: a good one waits too."""

    status, kind, title = 403, "signing-locked", "Signing is stopped for a while"
    retry_after = 900


class NotFound(Problem):
    """Absent, or out of the caller's reach: the two are told apart by nothing."""

    status, kind, title = 404, "not-found", "There is no such thing here"


class MalformedRequest(Problem):
    status, kind, title = 400, "malformed-request", "The request cannot be read"


class NotAcceptable(Problem):
    status, kind, title = 406, "not-acceptable", "No media type on offer is accepted"


class TooLarge(Problem):
    status, kind, title = 413, "too-large", "The request is larger than is accepted"


class InvalidContent(Problem):
    status, kind, title = 422, "invalid-content", "What was sent does not fit"


class IdempotencyKeyMissing(Problem):
    status, kind, title = 400, "idempotency-key-missing", "An Idempotency-Key header is needed"


class IdempotencyKeyReused(Problem):
    status, kind, title = 422, "idempotency-key-reused", "This key belongs to another request"


class RequestInFlight(Problem):
    status, kind, title = 409, "request-in-flight", "The same request is being worked on"
    retry_after = 1


class Conflict(Problem):
    status, kind, title = 409, "conflict", "Another change came first"


class PreconditionMissing(Problem):
    status, kind, title = 428, "precondition-missing", "An If-Match header is needed"


class PreconditionFailed(Problem):
    status, kind, title = 412, "precondition-failed", "The version has moved on"


class Unavailable(Problem):
    status, kind, title = 503, "unavailable", "Try again with the same Idempotency-Key"
    retry_after = 2


def documented(
    *kinds: type[Problem], known: type[Any] | None = None
) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route's own, for its OpenAPI description.

    ``known`` is the model of its 200, where a route that makes something (201) finds it made.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    if known is not None:
        responses[200] = {"model": known, "description": "Nothing new: it was there already"}
    for kind in kinds:
        add_response(responses, kind)
    return responses


def add_response(responses: dict[Any, dict[str, Any]], kind: type[Problem]) -> None:
    """Describe a kind of refusal; kinds of one status stand beside each other as examples."""
    shown = kind.openapi()
    known = responses.setdefault(str(kind.status), shown)
    known["content"][MEDIA_TYPE]["examples"] |= shown["content"][MEDIA_TYPE]["examples"]


SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "Problem details (RFC 9457). Values that were sent are never repeated.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "Stable identifier of the kind of problem"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                    "source": {"type": "string", "description": "Origin of the rule that failed"},
                },
            },
        },
    },
}
