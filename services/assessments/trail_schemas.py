"""What is answered of the trail of a subject."""

from typing import Literal

from pydantic import Field

from shared.http.models import Model


class TrailRow(Model):
    """A change of one field, as docs/receipts.md explains; the hashes are lower-case hex.

    Where ``told`` is false somebody else than the site made the change: its values are not here.
    Where it is true and ``salt`` is null the values were redacted by law.
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
    actor: str
    actor_role: str
    reason: str
    request_id: str
    recorded_at: str = Field(description="UTC, as it is hashed: with six digits of a second")
    hash: str = Field(description="SHA-256 of the hash before it and of this row")


class Trail(Model):
    items: list[TrailRow]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")
