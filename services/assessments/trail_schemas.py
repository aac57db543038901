"""What is answered of the trail of a subject."""

from typing import Literal

from pydantic import Field

from shared.http.models import Model


class TrailRow(Model):
    """A change of one field, as docs/receipts.md explains; the hashes are lower-case hex.

    Where ``told`` is false somebody else than the site made the change: its values are not here.
    """

    stream: str
    seq: int
    study_id: str
    site_id: str | None
    subject_id: str
    table_name: str
    row_key: str = Field(description="Of the record: its id, and its version where it has one")
    field: str = Field(description="`*`: the row as it was added, as JSON")
    operation: Literal["INSERT", "UPDATE", "DELETE"]
    told: bool
    old_value: str | None
    new_value: str | None
    salt: str | None
    values_hash: str = Field(description="SHA-256 of salt, old and new value")
    redaction: int | None = Field(description="The approved redaction that took words of it")
    left_values: str | None = Field(
        description="Of a redacted row: SHA-256 of its new salt and what is left of its values"
    )
    left_link: str | None = Field(
        description="Where words of the reason went: as `hash`, with what is left of the reason"
    )
    actor: str
    actor_role: str
    reason: str
    request_id: str
    recorded_at: str = Field(description="UTC, as it is hashed: with six digits of a second")
    hash: str = Field(description="SHA-256 of the hash before it and of this row")


class Trail(Model):
    items: list[TrailRow]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
