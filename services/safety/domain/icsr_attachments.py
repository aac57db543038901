"""Documents and publications in a report, with what goes with it of them (C.1.6.1.r, C.4.r)."""

import base64

from services.safety.domain.as_told import as_e2b
from services.safety.domain.icsr_case import CaseFile
from services.safety.e2b.model import HeldDocument, Literature

_BASE64 = "B64"


def held_documents(case: CaseFile) -> tuple[HeldDocument, ...]:
    """The documents in the order told."""
    return tuple(
        HeldDocument(each)
        if isinstance(each, str)
        else HeldDocument(each.title, *_embedded(case, each.attachment))
        for each in case.report.documents
    )


def literature(case: CaseFile) -> tuple[Literature, ...]:
    """The publications in the order told."""
    return tuple(
        Literature(as_e2b(each.citation), *_embedded(case, each.attachment))
        for each in case.report.literature
    )


def _embedded(case: CaseFile, sha256: str | None) -> tuple[str | None, ...]:
    """Content, media type, encoding, compression (none, as the FDA asks) and the file's name."""
    if sha256 is None:
        return ()
    found = case.attachments[sha256]
    encoded = base64.b64encode(found.content).decode("ascii")
    return encoded, found.media_type, _BASE64, None, found.file_name
