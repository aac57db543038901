"""What was wrong about a late entry is on record with it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.services.randomization.downtime import (
    ARMS,
    NOW,
    OPENED,
    SOURCE,
    Site,
    site_of,
    used,
)
from tests.services.randomization.expected import FROM_24, LATE, UNDER_24
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


def test_failed_rules_are_recorded_and_refuse_nothing(site: Site, database: TestDatabase) -> None:
    answer = site.enter(site.body(values={"marrow_blasts": "4.9", "cd22_positive": False}))
    assert answer.status_code == 201
    assert answer.json()["deviations"] == ["ELIG-05", "ELIG-06"]
    ((told,),) = database.rows("SELECT explanation FROM randomization.allocation")
    assert told["deviations"] == ["ELIG-05", "ELIG-06"]
    assert not {"ELIG-05", "ELIG-06"} & set(told["rules_passed"])
    assert "ELIG-01" in told["rules_passed"]
    assert told["reason"] == "no network at the site"


def test_the_gate_is_judged_by_the_day_the_envelope_was_opened(
    site: Site, database: TestDatabase
) -> None:
    """On the day before consent it was too early, though the entry comes later."""
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE assessments.subject SET consented_on = '2026-03-03'")
    early = (OPENED - timedelta(days=1)).isoformat()
    assert site.enter(site.body(opened_at=early)).json()["deviations"] == ["ELIG-17"]
    assert site.enter(site.body("S01-002", 2)).json()["deviations"] == []


@pytest.mark.parametrize(
    ("path", "change", "told"),
    [
        ("/enrolment/state", {"state": "paused"}, "study-paused"),
        ("/enrolment/state", {"state": "closed"}, "study-closed"),
        ("/sites/S01/state", {"state": "paused"}, "site-not-open"),
        ("/sites/S01/state", {"state": "closed"}, "site-not-open"),
        ("/sites/S01/state", {"approved_until": "2026-03-02"}, "site-approval-expired"),
    ],
)
def test_what_was_not_open_is_recorded_and_refuses_nothing(
    site: Site, path: str, change: dict[str, str], told: str
) -> None:
    body = change | {"reason": "meanwhile"}
    assert site.api.post(path, role="admin", json=body).status_code == 200
    answer = site.enter()
    assert (answer.status_code, answer.json()["deviations"]) == (201, [told])


def test_approval_ends_after_its_last_day(site: Site) -> None:
    body = {"approved_until": "2026-03-03", "reason": "the last day"}
    assert site.api.post("/sites/S01/state", role="admin", json=body).status_code == 200
    assert site.enter(at=NOW + timedelta(days=3)).json()["deviations"] == []


def test_a_cap_is_recorded_and_refuses_nothing(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    cap = {"id": "study_cap", "scope": "study", "limit": 1, "alerts": [100], "source": SOURCE}
    site = site_of(variant(caps=[cap]), database)
    assert site.enter().json()["deviations"] == []
    assert site.enter(site.body("S01-002", 2)).json()["deviations"] == ["cap-reached"]
    assert database.rows("SELECT count(*) FROM platform.outbox WHERE type = 'cap.threshold'") == [
        (1,)
    ]
    assert database.rows(
        "SELECT explanation->>'cap_reached' FROM randomization.allocation ORDER BY position"
    ) == [(None,), ("study_cap",)]


def test_a_child_withdrawn_since_is_entered_with_that_on_record(
    site: Site, database: TestDatabase
) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE assessments.subject SET state = 'withdrawn'")
    answer = site.enter()
    assert (answer.status_code, answer.json()["deviations"]) == (201, ["subject-withdrawn"])


def test_the_envelope_gives_the_stratum_used_and_the_values_the_true_one(
    site: Site, database: TestDatabase
) -> None:
    answer = site.enter(site.body(values=LATE))
    assert (answer.status_code, answer.json()["stratum"]) == (201, UNDER_24)
    assert answer.json()["deviations"] == ["envelope-stratum"]
    detail = site.api.get("/allocations/S01-001").json()
    assert (detail["stratum"], detail["corrected_stratum"]) == (UNDER_24, FROM_24)
    assert database.rows("SELECT levels->>'first_remission' FROM randomization.allocation") == [
        ("lt24m",)
    ]
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.stratum-corrected'"
    )
    assert (told["stratum"], told["corrected_stratum"]) == (UNDER_24, FROM_24)


def test_values_that_leave_the_stratum_open_are_recorded(site: Site) -> None:
    body = site.body()
    del body["values"]["first_diagnosis_date"]
    answer = site.enter(body)
    assert answer.status_code == 201
    assert "stratum-undetermined" in answer.json()["deviations"]
    assert site.api.get("/allocations/S01-001").json()["corrected_stratum"] is None


def test_an_envelope_opened_before_the_one_in_front_of_it_is_recorded(site: Site) -> None:
    assert site.enter().status_code == 201
    early = (OPENED - timedelta(hours=1)).isoformat()
    answer = site.enter(site.body("S01-002", 2, opened_at=early))
    assert answer.json()["deviations"] == ["opened-before-earlier-envelope"]


# --- Record --------------------------------------------------------------------------------------


def test_entry_signature_event_and_trail_are_there(site: Site, database: TestDatabase) -> None:
    body = site.enter(client="nurse", signed_by={"role": "investigator", "client": "dr"}).json()
    assert database.rows(
        "SELECT meaning, signer, signed_key FROM platform.signature"
        " WHERE signed_table = 'randomization.allocation'"
    ) == [("envelope-opened", "dr", body["allocation_id"])]
    ((told,),) = database.rows(
        "SELECT envelope->'data' FROM platform.outbox WHERE type = 'subject.randomized'"
    )
    assert datetime.fromisoformat(told["randomized_at"]) == OPENED
    assert ARMS[0] not in str(told)
    assert database.rows(
        "SELECT new_value, actor, reason FROM platform.audit"
        " WHERE table_name = 'randomization.allocation' AND field = 'source'"
    ) == [("backup", "nurse", "no network at the site")]


def test_every_entry_and_refusal_is_an_attempt_on_record(
    site: Site, database: TestDatabase
) -> None:
    site.enter(site.body(position=2))
    site.enter()
    site.enter()
    assert database.rows(
        "SELECT operation, outcome, problem FROM randomization.attempt ORDER BY attempted_at"
    ) == [
        ("backup", 409, "envelope-out-of-order"),
        ("backup", 201, None),
        ("backup", 200, None),
    ]


def test_no_code_is_kept_anywhere(site: Site, database: TestDatabase) -> None:
    code = site.code(UNDER_24, 1)
    assert site.enter().status_code == 201
    kept = " ".join(
        str(row)
        for table in ("platform.idempotency", "platform.outbox", "platform.audit",
                      "randomization.allocation", "randomization.attempt")
        for row in database.rows(f"SELECT t::text FROM {table} t")
    )  # fmt: skip
    assert ARMS[0] in kept
    assert code not in kept
    assert code.replace("-", "") not in kept


def test_envelopes_running_low_are_told_once(site: Site, database: TestDatabase) -> None:
    for n in range(1, 7):
        assert site.enter(site.body(f"S01-00{n}", n)).status_code == 201
    assert database.rows(
        "SELECT envelope->'data'->>'list_id', count(*) FROM platform.outbox"
        " WHERE type = 'list.low' GROUP BY 1"
    ) == [("D1", 1)]


def test_entries_at_once_take_each_envelope_once(site: Site, database: TestDatabase) -> None:
    answers = site.api.together(
        site.api.call("POST", "/allocations/backup", json=site.body(f"S01-00{n}"), at=NOW)
        for n in range(1, 9)
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert len(used(database)) == 1


@pytest.mark.parametrize("role", ["iwrs", "admin", "statistician", "data_manager"])
def test_only_the_site_enters_its_envelopes(site: Site, role: str) -> None:
    assert site.enter(role=role).status_code == 403
