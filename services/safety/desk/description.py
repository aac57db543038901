"""What the face says of its route (OpenAPI): imported where it is asked for, and not on Lambda."""

from typing import Any

from pydantic import RootModel
from pydantic.json_schema import models_json_schema

from services.safety import errors
from services.safety.desk.app import MAX_BYTES, PATH
from services.safety.desk.schemas import Said, Taken
from shared.http.faces import Telling
from shared.http.models import STUDY_PATTERN
from shared.http.problems import (
    SCHEMA,
    Forbidden,
    InvalidContent,
    MalformedRequest,
    NotFound,
    RequestInFlight,
    TooLarge,
    Unavailable,
    documented,
)

_JSON = "application/json"


class DeskMessageSent(RootModel[Said]):
    """A message of the desk's system, by its type."""


def _header(name: str, words: str, pattern: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": words,
            "schema": {"type": "string", "pattern": pattern}}  # fmt: skip


_HEADERS = [
    _header("webhook-id", "The same however often the message is sent", "^[!-~]{1,200}$"),
    _header("webhook-timestamp", "Seconds since 1970; within five minutes", "^[0-9]{1,11}$"),
]
_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": "webhook-signature",
    "description": "Standard Webhooks 1.0.0: v1 and the HMAC-SHA256, in base64, of id, timestamp "
    "and the body's bytes, joined by dots. Several, divided by blanks; one that fits will do.",
}
_REFUSED = documented(
    MalformedRequest,
    errors.Unverified,
    Forbidden,
    NotFound,
    errors.ContradictsCase,
    errors.MessageIdReused,
    errors.MessageSettled,
    RequestInFlight,
    TooLarge,
    InvalidContent,
    Unavailable,
)


def _content(model: str) -> dict[str, Any]:
    return {_JSON: {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def telling() -> Telling:
    _, found = models_json_schema(
        [(DeskMessageSent, "validation"), (Taken, "serialization")],
        ref_template="#/components/schemas/{model}",
    )
    said = {
        "summary": "Take a message",
        "description": f"A message has its effect once for its id. At most {MAX_BYTES:,} bytes.",
        "tags": ["desk"],
        "parameters": _HEADERS,
        "requestBody": {"required": True, "content": _content("DeskMessageSent")},
        "responses": {"200": {"description": "Applied", "content": _content("Taken")}} | _REFUSED,
    }
    return Telling(
        title="Induct safety: messages of the desk's system",
        words="What the safety desk's own system tells. More in docs/api/safety-desk.md.",
        said={("POST", PATH): said},
        path_parameters={
            "study": {"schema": {"type": "string", "pattern": STUDY_PATTERN},
                      "example": "NCT05748171"},
            "sender": {"description": "Id of an approved sender",
                       "schema": {"type": "string", "format": "uuid"}},
        },
        schemes={"signature": _SCHEME},
        schemas=found["$defs"] | {"Problem": SCHEMA},
    )  # fmt: skip
