"""A masked role learns one child's arm: for a reason, signed, for an hour, and never in silence."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import httpx
import pytest

from services.randomization.glass_rules import rules
from services.randomization.glass_schemas import Category
from shared.identity.matrix import matrix
from tests.services.randomization.world import request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PROBLEM = "urn:induct:problem:"
NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)
WHY = {"category": "emergency", "reason": "Liver failure"}
MONITOR = {"role": "medical_monitor"}


@pytest.fixture
def arm(api: ApiClient) -> str:
    """The arm of the child S01-001, whom alone a list has allocated."""
    return str(api.post("/allocations", json=request()).json()["arm"])


def break_it(api: ApiClient, subject: str = "S01-001", **changes: Any) -> httpx.Response:
    options = MONITOR | {"at": NOW, "json": WHY} | changes
    return api.post(f"/allocations/{subject}/break-glass", **options)


def look(api: ApiClient, after: timedelta = timedelta(0), **options: Any) -> httpx.Response:
    path = "/allocations/S01-001/break-glass/arm"
    return api.get(path, **(MONITOR | {"at": NOW + after} | options))


def kind(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix(PROBLEM)


@pytest.mark.proves("C31", kind="positive")
def test_the_arm_is_told_while_the_glass_is_open_and_each_reading_is_written_down(
    api: ApiClient, arm: str, database: TestDatabase
) -> None:
    assert kind(look(api)) == (403, "glass-closed")
    broken = break_it(api)
    assert broken.status_code == 201, broken.text
    assert arm not in broken.text
    assert [look(api).json()["arm"], look(api, timedelta(minutes=59)).json()["arm"]] == [arm, arm]
    read = database.rows("SELECT operation, about, actor_role FROM randomization.unblinded_read")
    about = f"S01-001/{broken.json()['break_id']}"
    assert read == [("read_arm", about, "medical_monitor")] * 2
    (entry,) = api.get("/break-glass", role="sponsor").json()["items"]
    assert (entry["category"], entry["reason"], entry["reads"]) == ("emergency", WHY["reason"], 2)
    assert entry["broken_by"] == "medical_monitor-client"
    assert arm not in json.dumps(entry)


@pytest.mark.proves("C31", kind="negative")
def test_the_hour_ends_and_no_repeat_of_the_request_opens_it_again(
    api: ApiClient, arm: str
) -> None:
    assert rules().open_for == timedelta(hours=1)
    assert break_it(api, key="once").json()["expires_at"] == "2026-03-03T13:00:00Z"
    assert look(api, timedelta(minutes=60)).status_code == 403
    again = break_it(api, key="once", at=NOW + timedelta(hours=2))
    assert again.headers["Idempotent-Replayed"] == "true"
    assert arm not in again.text
    assert kind(look(api, timedelta(hours=2))) == (403, "glass-closed")
    assert break_it(api, at=NOW + timedelta(hours=2)).status_code == 201
    assert look(api, timedelta(hours=2)).json()["arm"] == arm


def test_it_opens_one_arm_to_the_one_who_broke_it(api: ApiClient, arm: str) -> None:
    assert api.post("/allocations", json=request("S01-002")).status_code == 201
    break_it(api)
    assert kind(look(api, client="another-monitor")) == (403, "glass-closed")
    other = api.get("/allocations/S01-002/break-glass/arm", at=NOW, **MONITOR)
    assert kind(other) == (403, "glass-closed")
    for path in ("/allocations", "/allocations/S01-001", "/allocations/S01-001/confirmation"):
        assert f'"arm":"{arm}"' not in api.get(path, at=NOW, **MONITOR).text


def test_nothing_of_the_list_is_opened(api: ApiClient, arm: str) -> None:
    break_it(api)
    told = look(api).json()
    assert told.keys() == {"break_id", "study", "subject", "site", "arm", "expires_at"}
    for path in ("/lists/L1/envelopes", "/balance", "/allocations/S01-001/explanation"):
        assert api.get(path, at=NOW, **MONITOR).status_code == 403


@pytest.mark.parametrize("category", get_args(Category))
def test_each_category_says_whether_it_opens_anything(
    api: ApiClient, arm: str, category: str
) -> None:
    assert rules().opens.keys() == set(get_args(Category))
    assert break_it(api, json=WHY | {"category": category}).status_code == 201
    assert look(api).status_code == (200 if rules().opens[category] else 403)
    assert rules().opens[category] == (category != "inadvertent")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [({"category": "emergency"}, "/reason"), ({"reason": WHY["reason"]}, "/category"),
     (WHY | {"category": "curious"}, "/category"), (WHY | {"reason": " "}, "/reason"),
     (WHY | {"arm": "INO"}, "/arm")],
)  # fmt: skip
@pytest.mark.proves("C31", kind="negative")
def test_without_a_reason_and_a_category_it_stays_whole(
    api: ApiClient, arm: str, body: dict[str, str], pointer: str
) -> None:
    refused = break_it(api, json=body)
    assert refused.status_code == 422
    assert [fault["pointer"] for fault in refused.json()["errors"]] == [pointer]
    assert look(api).status_code == 403


@pytest.mark.proves("C21", kind="negative")
def test_who_breaks_it_authenticates_again_and_nobody_does_so_for_another(
    api: ApiClient, arm: str, database: TestDatabase
) -> None:
    unsigned = break_it(api, signed_by="")
    assert kind(unsigned) == (401, "signature-required")
    for_me = break_it(api, signed_by={"role": "medical_monitor", "client": "another-monitor"})
    assert kind(for_me) == (403, "signature-not-fitting")
    other = break_it(api, signed_by={"role": "statistician", "meaning": "glass-broken"})
    assert kind(other) == (403, "signature-not-fitting")
    assert database.rows("SELECT count(*) FROM randomization.broken_glass") == [(0,)]
    shown = break_it(api).json()["signature"]
    assert (shown["meaning"], shown["role"]) == ("glass-broken", "medical_monitor")


def test_quality_assurance_is_told_at_once_and_neither_arm_nor_reason_is(
    api: ApiClient, arm: str, database: TestDatabase, log_lines: io.StringIO
) -> None:
    broken = break_it(api).json()
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.unblinded'"
    )
    assert told == {
        "subject_id": "S01-001",
        "site": "S01",
        "break_id": broken["break_id"],
        "category": "emergency",
        "role": "medical_monitor",
        "broken_at": "2026-03-03T12:00:00Z",
        "expires_at": "2026-03-03T13:00:00Z",
    }
    lines = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    assert [one["level"] for one in lines if one["message"] == "glass broken"] == ["warning"]
    assert WHY["reason"] not in log_lines.getvalue()


def test_the_trail_tells_it_and_nobody_takes_it_back(
    api: ApiClient, arm: str, database: TestDatabase
) -> None:
    break_it(api)
    rows = database.rows(
        "SELECT actor, actor_role, reason FROM platform.audit"
        " WHERE table_name = 'randomization.broken_glass'"
    )
    assert rows == [("medical_monitor-client", "medical_monitor", WHY["reason"])]
    with database.writing() as connection, pytest.raises(Exception, match="append-only"):
        connection.execute("UPDATE randomization.broken_glass SET reason = 'x'")


def test_it_needs_no_other_service(api: ApiClient, arm: str, database: TestDatabase) -> None:
    granted = database.rows(
        "SELECT nspname FROM pg_namespace WHERE nspname IN ('assessments', 'safety', 'analytics')"
        " AND has_schema_privilege('induct_randomization', oid, 'USAGE')"
    )
    others = ", ".join(str(row[0]) for row in granted)
    assert "assessments" in others
    with database.admin() as admin:
        admin.execute(f"REVOKE USAGE ON SCHEMA {others} FROM induct_randomization".encode())
        try:
            assert break_it(api).status_code == 201
            assert look(api).json()["arm"] == arm
        finally:
            admin.execute(f"GRANT USAGE ON SCHEMA {others} TO induct_randomization".encode())


def test_a_child_without_an_allocation_and_one_out_of_reach_look_the_same(
    api: ApiClient, arm: str
) -> None:
    absent = [break_it(api, "S01-002"), break_it(api, "S09-404"), break_it(api, sites=["S02"])]
    assert {(one.status_code, one.text) for one in absent} == {(404, absent[0].text)}
    assert look(api, sites=["S02"]).status_code == 404


def test_only_a_masked_role_breaks_it() -> None:
    for name in ("break_glass", "read_arm"):
        for role in matrix().operations[f"randomization.{name}"].roles:
            assert not matrix().roles[role].sees_arm


def test_the_history_goes_on_page_by_page_and_shows_a_site_its_own(
    api: ApiClient, arm: str
) -> None:
    for minutes in range(3):
        break_it(api, at=NOW + timedelta(minutes=minutes))
    first = api.get("/break-glass?limit=2", role="auditor").json()
    rest = api.get(f"/break-glass?after={first['next']}", role="auditor").json()
    times = [entry["broken_at"][-6:-1] for entry in first["items"] + rest["items"]]
    assert (times, rest["next"]) == (["00:00", "01:00", "02:00"], None)
    assert len(api.get("/break-glass", role="investigator").json()["items"]) == 3
    assert api.get("/break-glass", role="investigator", sites=["S02"]).json()["items"] == []
