"""Documents that go with a report, embedded in its message (ICH E2B(R3) C.1.6.1.r.2, C.4.r.2)."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.safety.domain.partly_dated import Fault
from services.safety.e2b.media import fits_name, media_types

FILE = Path(__file__).with_name("attachments.toml")


@dataclass(frozen=True)
class Attachment:
    """A document as it was sent."""

    media_type: str
    file_name: str
    content: bytes


@dataclass(frozen=True)
class Limits:
    """Bytes of one attachment, and of all that a report names."""

    each: int
    together: int


@cache
def limits() -> Limits:
    """The limits as shipped."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return Limits(data["most_each"], data["most_together"])


def faults(attachment: Attachment) -> Iterator[Fault]:
    """Why an attachment is not taken."""
    known = media_types().get(attachment.media_type)
    if known is None:
        words = f"Attachments are one of: {', '.join(media_types())}."
        yield "/media_type", "media-type-unknown", words
    elif not attachment.content:
        yield "", "content-missing", "There is no content."
    elif not known.is_of(attachment.content):
        yield "", "content-mismatch", f"The content is no {known.name}."
    if not fits_name(attachment.media_type, attachment.file_name):
        words = "The file's name does not end as its media type asks."
        yield "/file_name", "file-name-mismatch", words
