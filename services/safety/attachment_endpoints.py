"""Routes of attachments."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from services.safety import attachment_use_cases, errors
from services.safety.attachment_schemas import AttachmentQuery, AttachmentSent, AttachmentShown
from services.safety.domain.attachments import Attachment, limits
from services.safety.e2b.media import media_types
from services.safety.parameters import CasePath
from shared.http.app import StrictRoute
from shared.http.call import Call, answer, operation
from shared.http.problems import NotFound, TooLarge, documented

router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute, tags=["reports"])
Sha256Path = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            name: {"schema": {"type": "string", "format": "binary"}} for name in media_types()
        },
    }
}


@router.post("/attachments", status_code=201, response_model=AttachmentShown,
             responses=documented(errors.AttachmentRefused, TooLarge),
             openapi_extra=_FILE)  # fmt: skip
async def add_attachment(
    request: Request,
    of: AttachmentQuery,
    call: Annotated[Call, operation("safety.add_attachment")],
) -> Response:
    """A document of a child, as it is; `documents` and `literature` of a case name it by its hash.
    Kept once: the same bytes again are the same attachment."""
    content = await _content(request)
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    sent = AttachmentSent(
        **of.model_dump(), media_type=media_type, sha256=hashlib.sha256(content).hexdigest()
    )
    attachment = Attachment(media_type, of.file_name, content)
    return await call.change(
        sent, lambda work: answer(attachment_use_cases.add_attachment(work, of, attachment))
    )


@router.get(
    "/cases/{case}/attachments/{sha256}",
    response_class=Response,
    responses={
        200: {
            "content": {name: {} for name in media_types()},
            "description": "The document as it was sent",
        },
        **documented(NotFound),
    },
)
async def read_attachment(
    case: CasePath,
    sha256: Sha256Path,
    call: Annotated[Call, operation("safety.read_attachment")],
) -> Response:
    """An attachment of the case, byte for byte."""
    found = await call.read(lambda work: attachment_use_cases.read_attachment(work, case, sha256))
    headers = {
        "Content-Disposition": f'attachment; filename="{found.file_name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(found.content, media_type=found.media_type, headers=headers)


async def _content(request: Request) -> bytes:
    """The body, which may be larger than JSON may. Raises ``TooLarge`` as soon as it is."""
    most, received = limits().each, bytearray()
    async for chunk in request.stream():
        received += chunk
        if len(received) > most:
            raise TooLarge(f"An attachment has at most {most} bytes.")
    return bytes(received)
