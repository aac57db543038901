"""What tests do to a subject after its allocation."""

from typing import Any

import httpx

from tests.services.randomization.world import (
    request,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
MARK = {"category": "ineligible", "reason": "CD22 was negative after all"}
TRUE = {"age_group": "lt10", "first_remission": "ge24m"}
CORRECTION = {"levels": TRUE, "reason": "the first diagnosis was mistyped"}
SOURCE = {"kind": "assumed", "note": "test"}


def allocate(api: ApiClient, subject: str = "S01-001", **changes: Any) -> dict[str, Any]:
    site = subject[:3]
    answer = api.post("/allocations", json=request(subject, site, **changes), sites=[site])
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def mark(api: ApiClient, subject: str = "S01-001", **options: Any) -> httpx.Response:
    options = {"role": "investigator", "json": MARK} | options
    return api.post(f"/allocations/{subject}/in-error", **options)


def correct(api: ApiClient, subject: str = "S01-001", **options: Any) -> httpx.Response:
    options = {"json": CORRECTION} | options
    return api.post(f"/allocations/{subject}/stratum", **options)


def audited(database: TestDatabase, table: str) -> dict[object, tuple[object, object, object]]:
    """Field to new value, actor and reason."""
    rows = database.rows(
        "SELECT field, new_value, actor, reason FROM platform.audit WHERE table_name = %s", table
    )
    return {field: (value, actor, reason) for field, value, actor, reason in rows}
