"""Rights at a past instant are shown as they were, and so are reads of arms and refusals."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from infra.database.access import AccessHistory, access_history, rules
from infra.database.revocation import revoke
from shared.identity.matrix import matrix
from shared.study import StudyDefinition
from tests.infra.database.sightings import STUDY, seen
from tests.services.randomization.world import open_trial, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Activate = Callable[[str], StudyDefinition]
ClientFor = Callable[..., ApiClient]


@pytest.fixture
def api(client_for: ClientFor, activate: Activate) -> ApiClient:
    activate(STUDY)
    return client_for("randomization")


def report(database: TestDatabase, at: datetime | None = None) -> AccessHistory:
    return access_history(database.url("induct_platform"), STUDY, at or datetime.now(UTC))


def day(number: int) -> datetime:
    return datetime(2026, 3, number, tzinfo=UTC)


def test_the_rights_of_a_caller_are_written_down_once_and_not_once_a_request(
    api: ApiClient, database: TestDatabase
) -> None:
    for _ in range(3):
        assert api.get("/sites", role="data_manager").status_code == 200
    assert api.get("/sites", role="coordinator", sites=["S01", "S02"]).status_code == 200
    rows = database.rows(
        "SELECT service::text, account, role, sites, scopes FROM platform.access_seen"
        " ORDER BY account"
    )
    assert rows == [
        ("induct_randomization", f"{role}-client", role, sites, matrix().scopes_of(role))
        for role, sites in (("coordinator", ["S01", "S02"]), ("data_manager", ["*"]))
    ]


def test_another_process_finds_the_row_and_a_change_of_rights_is_another(
    api: ApiClient, client_for: ClientFor, database: TestDatabase
) -> None:
    count = "SELECT count(*) FROM platform.access_seen"
    api.get("/sites", client="nurse")
    client_for("randomization").get("/sites", client="nurse")
    assert database.rows(count) == [(1,)]
    api.get("/sites", client="nurse", sites=["S01", "S02"])
    api.get("/sites", client="nurse", role="investigator")
    assert database.rows(count) == [(3,)]


@pytest.mark.proves("C05", kind="positive")
def test_who_held_what_is_told_as_of_any_instant(database: TestDatabase) -> None:
    seen(database, since=day(1), until=day(2))
    seen(database, since=day(2), until=day(4), sites=["S01", "S02"])
    seen(database, since=day(5), until=day(6), role="investigator")

    def held(at: datetime) -> list[tuple[str, list[str]]]:
        return [(one.role, list(one.sites)) for one in report(database, at).held]

    assert held(day(1)) == [("coordinator", ["S01"])]
    assert held(day(2)) == held(day(4) - timedelta(seconds=1)) == [("coordinator", ["S01", "S02"])]
    assert held(day(4)) == []
    assert report(database, day(4)).expired == {"nurse": day(4)}
    assert held(day(5)) == [("investigator", ["S01"])]
    assert report(database, day(5)).expired == {}


def test_rights_that_were_taken_away_are_told_until_then_and_not_after(
    database: TestDatabase,
) -> None:
    before = datetime.now(UTC)
    since, until = before - timedelta(hours=1), before + timedelta(hours=1)
    seen(database, since=since, until=until)
    url = database.url("induct_platform")
    at = revoke(url, "nurse", actor="operator", reason="left the hospital")
    assert [one.account for one in report(database, before).held] == ["nurse"]
    assert report(database, before).revoked == {}
    after = report(database, at + timedelta(seconds=1))
    assert (after.held, after.revoked) == ([], {"nurse": at})


def test_accounts_to_ask_about_are_named_with_why(database: TestDatabase) -> None:
    longest = rules()["dormant_days"]
    end = day(10) - timedelta(days=longest, seconds=1)
    seen(database, account="gone", since=end - timedelta(hours=1), until=end)
    seen(database, account="away", since=end, until=end + timedelta(seconds=1))
    both = {"account": "both", "since": day(9), "until": day(11)}
    seen(database, **both)
    seen(database, **both, role="investigator", scopes=matrix().scopes_of("investigator"))
    most = [*matrix().scopes_of("coordinator"), "randomization/seal"]
    seen(database, account="more", since=day(9), until=day(11), scopes=most)
    seen(database, account="odd", since=day(9), until=day(11), role="root")
    found = {(one.account, one.code) for one in report(database, day(10)).findings}
    assert found == {
        ("gone", "dormant"), ("both", "two-roles"), ("more", "beyond-role"), ("odd", "unknown-role")
    }  # fmt: skip


def test_reads_of_arms_and_broken_glass_are_in_the_report(
    api: ApiClient, database: TestDatabase
) -> None:
    open_trial(api)
    screen(database, "S01-001", study=STUDY)
    assert api.post("/allocations", json=request()).status_code == 201
    assert api.get("/allocations/S01-001/explanation", role="auditor").status_code == 200
    body = {"category": "emergency", "reason": "Liver failure"}
    path = "/allocations/S01-001/break-glass"
    assert api.post(path, role="medical_monitor", json=body).status_code == 201
    assert api.get(f"{path}/arm", role="medical_monitor").status_code == 200
    told = [(one.role, one.what) for one in report(database).reads]
    assert told == [
        ("auditor", "read_explanation"),
        ("medical_monitor", "glass broken (emergency)"),
        ("medical_monitor", "read_arm"),
    ]
    assert report(database).reads[0].about == "S01-001"
    assert report(database, datetime.now(UTC) - timedelta(hours=1)).reads == []


@pytest.mark.proves("C08", kind="positive")
def test_a_refusal_is_written_down_once_a_minute_and_told(
    api: ApiClient, database: TestDatabase
) -> None:
    for _ in range(3):
        assert api.get("/balance", role="sponsor").status_code == 403
    assert api.get("/balance", role="sponsor", client="another").status_code == 403
    assert api.post("/sites", role="sponsor", json={}).status_code == 403
    told = [(one.account, one.operation, one.times) for one in report(database).denied]
    assert told == [
        ("another", "randomization.read_balance", 1),
        ("sponsor-client", "randomization.open_site", 1),
        ("sponsor-client", "randomization.read_balance", 1),
    ]
    assert {one.problem for one in report(database).denied} == {"forbidden"}


def test_nothing_is_written_of_a_study_that_is_not_the_callers(
    api: ApiClient, database: TestDatabase
) -> None:
    token = api.token("sponsor", None, "another-study")
    headers = {"Authorization": f"Bearer {token}"}
    assert api.get("/balance", role=None, headers=headers).status_code == 403
    assert api.get("/sites", role=None, headers=headers).status_code == 404
    for table in ("access_denied", "access_seen"):
        assert database.rows(f"SELECT count(*) FROM platform.{table}") == [(0,)]


def test_the_report_has_a_form_in_json(database: TestDatabase) -> None:
    seen(database, since=day(1), until=day(3))
    told = report(database, day(2)).to_json()
    assert told["held"][0]["since"] == "2026-03-01T00:00:00+00:00"
    assert told["as_of"] == "2026-03-02T00:00:00+00:00"
