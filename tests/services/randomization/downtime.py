"""A site with envelopes for downtime, and what it does with them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.services.randomization.expected import STUDY, UNDER_24, contents
from tests.services.randomization.world import (
    put_in_force,
    request,
    screen,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
SECRET = "a7" * 32
DOWNTIME = {"method": "permuted_blocks", "list_id": "D1", "secret": SECRET, "purpose": "downtime",
            "site": "S01"}  # fmt: skip
SOURCE = {"kind": "assumed", "note": "test"}
ACTIVE = datetime(2026, 3, 2, 8, tzinfo=UTC)
OPENED = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
BORN = "2017-06"
ARMS = contents("D1", UNDER_24, SECRET, 6)
OTHER = {"INO": "ALLR3", "ALLR3": "INO"}


@dataclass(frozen=True)
class Site:
    """A site with envelopes, and the help desk's codes."""

    api: ApiClient
    exported: dict[str, Any]

    def code(self, stratum: str, position: int) -> str:
        codes = {code["envelope"]: code["code"] for code in self.exported["codes"]}
        return next(
            str(codes[e["envelope"]])
            for e in self.exported["envelopes"]
            if (e["stratum"], e["position"]) == (stratum, position)
        )

    def body(
        self, subject: str = "S01-001", position: int = 1, stratum: str = UNDER_24, **more: Any
    ) -> dict[str, Any]:
        arms = contents("D1", stratum, SECRET, 6)
        body = request(subject) | {
            "envelope": {
                "list_id": "D1",
                "stratum": stratum,
                "position": position,
                "code": self.code(stratum, position),
            },
            "arm": arms[position - 1],
            "opened_at": OPENED.isoformat(),
            "reason": "no network at the site",
        }
        envelope = body["envelope"] | more.pop("envelope", {})
        values = body["values"] | more.pop("values", {})
        return body | more | {"envelope": envelope, "values": values}

    def enter(self, body: dict[str, Any] | None = None, **options: Any) -> httpx.Response:
        options = {"at": NOW} | options
        return self.api.post("/allocations/backup", json=body or self.body(), **options)


def site_of(api: ApiClient, database: TestDatabase) -> Site:
    put_in_force(api, DOWNTIME, at=ACTIVE)
    screen(database, *(f"S01-00{n}" for n in range(1, 10)), study=STUDY, born=BORN)
    exported = api.get("/lists/D1/envelopes", role="statistician")
    assert exported.status_code == 200, exported.text
    return Site(api, exported.json())


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


def used(database: TestDatabase) -> list[tuple[object, ...]]:
    return database.rows(
        "SELECT list_id, label, position, subject_id FROM randomization.slot"
        " WHERE subject_id IS NOT NULL ORDER BY position"
    )
