"""What is sent and answered about attachments."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from services.safety.content_values import Sha256
from shared.http.models import Instant, Model, SiteId, SubjectId

FileName = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,98}$", examples=["discharge.pdf"]),
]


class AttachmentOf(Model):
    """Whose attachment it is, and what it is called. Its media type is the request's."""

    subject: SubjectId
    site: SiteId
    file_name: FileName


AttachmentQuery = Annotated[AttachmentOf, Query()]


class AttachmentSent(AttachmentOf):
    """What a repeated request is known by."""

    media_type: str
    sha256: Sha256


class AttachmentShown(Model):
    """An attachment as it is kept: a report names it by ``sha256``."""

    sha256: Sha256
    media_type: str
    file_name: str
    size: Annotated[int, Field(description="Bytes")]
    uploaded_at: Instant
