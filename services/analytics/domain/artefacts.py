"""A file that a run leaves, before it is put anywhere."""

import hashlib
from dataclasses import dataclass

from services.analytics.domain.results import JsonValue, OutputClass

JSON = "application/json"
NDJSON = "application/x-ndjson"
SVG = "image/svg+xml"
HTML = "text/html; charset=utf-8"
PDF = "application/pdf"
XML = "application/xml; charset=utf-8"
XPT = "application/octet-stream"
CSV = "text/csv; charset=utf-8; header=present"
OPEN_MANIFEST = "manifest_open.json"
CLOSED_MANIFEST = "manifest_closed.json"


@dataclass(frozen=True, slots=True)
class Artefact:
    """``rows`` counts the entries of a list; None where it is none."""

    name: str
    output_class: OutputClass
    media_type: str
    content: bytes
    rows: int | None = None

    @property
    def sha256(self) -> str:
        """SHA-256 (hexadecimal) of the content."""
        return hashlib.sha256(self.content).hexdigest()

    def to_json(self) -> dict[str, JsonValue]:
        """The entry of a manifest."""
        return {
            "name": self.name,
            "media_type": self.media_type,
            "rows": self.rows,
            "size": len(self.content),
            "sha256": self.sha256,
        }
