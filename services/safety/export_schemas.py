"""A whole case as one document: everything that is kept of it."""

from typing import Any

from services.safety.schemas import Case
from shared.http.models import Instant, Model


class CaseExport(Model):
    """The case as it stands, and every row behind it in the order of recording. ``sha256`` is over
    the JSON of ``rows`` with names in order and no blanks: a copy can be held against it."""

    exported_at: Instant
    exported_by: str
    case: Case
    rows: dict[str, list[dict[str, Any]]]
    sha256: str
