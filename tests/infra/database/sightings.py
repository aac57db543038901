"""Rights of accounts as services wrote them down in their time."""

from typing import Any

from shared.identity.matrix import matrix
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


def seen(database: TestDatabase, **columns: Any) -> None:
    """A row of ``platform.access_seen``: a coordinator's, where nothing else is said."""
    role = columns.get("role", "coordinator")
    row: dict[str, Any] = {
        "study_id": STUDY, "account": "nurse", "role": role, "sites": ["S01"],
        "scopes": matrix().scopes_of("coordinator"), "matrix_version": matrix().version,
        "request_id": "test",
    }  # fmt: skip
    row |= columns
    names, places = ", ".join(row), ", ".join(["%s"] * len(row))
    with database.writing() as connection:
        query = f"INSERT INTO platform.access_seen ({names}) VALUES ({places})"
        connection.execute(query.encode(), list(row.values()))
