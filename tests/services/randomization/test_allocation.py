"""The call that gives a child its arm."""

from collections.abc import Callable

import pytest

from shared.study import StudyDefinition
from tests.services.randomization.planting import use_up
from tests.services.randomization.world import codes, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
Activate = Callable[[str], StudyDefinition]


def test_an_eligible_child_gets_an_arm(api: ApiClient) -> None:
    answer = api.post("/allocations", json=request())
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["arm"] in {"INO", "ALLR3"}
    assert body["stratum"] == "age_group=lt10;first_remission=lt24m"
    since = {"corrected_stratum": None, "in_error": False}
    assert body | since == api.get("/allocations/S01-001").json()


def test_the_answer_tells_nothing_of_the_next_child(api: ApiClient) -> None:
    body = api.post("/allocations", json=request()).json()
    assert set(body) == {
        "allocation_id", "study", "subject", "site", "randomization_number", "arm", "stratum",
        "source", "replaces", "list_id", "manifest_sha256", "definition_version", "randomized_at",
        "opening",
    }  # fmt: skip


def test_the_same_key_again_is_answered_byte_for_byte(api: ApiClient) -> None:
    first = api.post("/allocations", json=request(), key="one")
    again = api.post("/allocations", json=request(), key="one")
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_request_under_another_key_is_the_same_allocation(api: ApiClient) -> None:
    first = api.post("/allocations", json=request(), key="one")
    again = api.post("/allocations", json=request(), key="two")
    assert (again.status_code, again.content) == (200, first.content)


def test_a_key_with_other_content_is_refused(api: ApiClient) -> None:
    api.post("/allocations", json=request(), key="one")
    answer = api.post("/allocations", json=request("S01-002"), key="one")
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:induct:problem:idempotency-key-reused",
    )


@pytest.mark.proves("RND-1", kind="negative")
def test_a_child_is_never_allocated_twice_on_other_content(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request())
    answer = api.post("/allocations", json=request(marrow_blasts="50"))
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:induct:problem:already-allocated",
    )
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(1,)]


def test_a_change_without_a_key_is_refused(api: ApiClient, database: TestDatabase) -> None:
    answer = api.post("/allocations", json=request(), key="")
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:induct:problem:idempotency-key-missing",
    )
    assert database.rows("SELECT count(*) FROM randomization.allocation") == [(0,)]


@pytest.mark.proves("RND-4", kind="negative")
def test_every_failed_rule_is_told_with_its_source_and_nothing_is_stored(
    api: ApiClient, database: TestDatabase
) -> None:
    answer = api.post(
        "/allocations", json=request(marrow_blasts="4.9", cd22_positive=False, egfr="x")
    )
    assert answer.status_code == 422
    assert codes(answer) == ["type-mismatch", "ELIG-05", "ELIG-06"]
    assert [error.get("source") for error in answer.json()["errors"]][1:] == ["listing", "listing"]
    assert "4.9" not in answer.text
    assert database.rows(
        "SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL"
    ) == [(0,)]


@pytest.mark.proves("RND-4", kind="negative")
def test_a_missing_value_refuses_and_is_named(api: ApiClient) -> None:
    answer = api.post("/allocations", json=request(cd22_positive=None))
    assert codes(answer) == ["ELIG-06"]
    assert "cd22_positive" in answer.json()["errors"][0]["detail"]


def test_a_level_that_contradicts_the_values_is_refused(api: ApiClient) -> None:
    body = request() | {"strata": {"age_group": "ge10"}}
    answer = api.post("/allocations", json=body)
    assert (answer.status_code, codes(answer)) == (422, ["stratum-mismatch"])


def test_what_the_service_knows_is_not_taken_from_the_request(api: ApiClient) -> None:
    answer = api.post("/allocations", json=request(randomization_date="2030-01-01"))
    assert codes(answer) == ["unknown-item"]


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        ('{"subject": NaN}', 400, "malformed-request"),
        ('{"subject": "a\\u0000b"}', 400, "malformed-request"),
        ('{"subject": "S01-001", "subject": "S01-002"}', 400, "malformed-request"),
        ('{"subject": 1e999}', 400, "malformed-request"),
        ('{"subject": "\\ud800"}', 400, "malformed-request"),
        ("[" * 2000 + "]" * 2000, 400, "malformed-request"),
        ("{", 400, "malformed-request"),
        ("[]", 422, "invalid-content"),
        ("", 422, "invalid-content"),
    ],
)
def test_what_is_no_strict_json_is_refused(
    api: ApiClient, content: str, status: int, kind: str
) -> None:
    answer = api.post("/allocations", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:induct:problem:{kind}")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_an_unknown_field_is_refused_by_its_pointer(api: ApiClient) -> None:
    answer = api.post("/allocations", json=request() | {"arm": "INO"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/arm"
    assert codes(answer) == ["extra-forbidden"]


def test_a_child_of_another_site_does_not_exist(api: ApiClient, database: TestDatabase) -> None:
    screen(database, "S02-001", site="S02", study=STUDY)
    foreign = api.post("/allocations", json=request("S02-001", "S02"))
    absent = api.post("/allocations", json=request("S02-999", "S02"))
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json())
    assert foreign.status_code == 422


def test_a_study_that_is_not_in_the_token_does_not_exist(api: ApiClient) -> None:
    token = api.token("coordinator", ["S01"], "another")
    answer = api.get(
        "/allocations/S01-001", role=None, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 404


@pytest.mark.parametrize("role", ["sponsor", "data_manager", "medical_monitor"])
def test_a_blinded_role_sees_that_a_child_is_allocated_and_a_star_for_the_arm(
    api: ApiClient, role: str
) -> None:
    api.post("/allocations", json=request())
    for path in ("/allocations", "/allocations/S01-001"):
        answer = api.get(path, role=role)
        shown = answer.json().get("items", [answer.json()])[0]
        assert (shown["subject"], shown["arm"], shown["opening"]) == ("S01-001", "*", None)
        assert "INO" not in answer.text
        assert "ALLR3" not in answer.text


@pytest.mark.parametrize("role", ["dmc", "safety_desk", "admin"])
def test_a_role_that_must_not_know_an_arm_reads_no_allocation(api: ApiClient, role: str) -> None:
    api.post("/allocations", json=request())
    for path in ("/allocations", "/allocations/S01-001"):
        answer = api.get(path, role=role)
        assert answer.status_code == 403
        assert "INO" not in answer.text


@pytest.mark.proves("RND-1", kind="negative")
def test_an_exhausted_stratum_never_falls_back_to_chance(
    api: ApiClient, database: TestDatabase
) -> None:
    use_up(database, "L1")
    answer = api.post("/allocations", json=request())
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:induct:problem:stratum-exhausted",
    )


def test_a_paused_study_still_answers_for_a_child_it_has(
    api: ApiClient, database: TestDatabase
) -> None:
    first = api.post("/allocations", json=request())
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE platform.study SET state = 'paused'")
    assert api.post("/allocations", json=request()).content == first.content
    assert api.post("/allocations", json=request("S01-002")).status_code == 409


def test_a_list_of_training_is_never_consumed_live(api: ApiClient, database: TestDatabase) -> None:
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE platform.study SET mode = 'live'")
    answer = api.post("/allocations", json=request())
    assert answer.json()["type"] == "urn:induct:problem:wrong-mode"


def test_effect_idempotency_audit_and_event_are_of_one_transaction(
    api: ApiClient, database: TestDatabase
) -> None:
    answer = api.post("/allocations", json=request(), key="one")
    assert answer.status_code == 201
    transactions = database.rows(
        "SELECT xmin::text FROM randomization.allocation"
        " UNION SELECT xmin::text FROM platform.idempotency WHERE key = 'one'"
        " UNION SELECT xmin::text FROM platform.outbox WHERE type = 'subject.randomized'"
        " UNION SELECT xmin::text FROM platform.audit"
        "   WHERE table_name IN ('randomization.allocation', 'randomization.slot')"
    )
    assert len(transactions) == 1


def test_no_event_and_no_audit_row_of_the_slot_carries_the_arm(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request())
    of_slots = "table_name = 'randomization.slot'"
    for query in (
        "SELECT envelope::text FROM platform.outbox",
        f"SELECT field || coalesce(new_value, '') FROM platform.audit WHERE {of_slots}",
    ):
        text = " ".join(str(row[0]) for row in database.rows(query))
        assert text
        assert "INO" not in text
        assert "ALLR3" not in text


@pytest.mark.proves("C06", kind="oracle")
def test_every_field_of_the_allocation_has_exactly_one_audit_row(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request(), client="dr-jana")
    audited = database.rows(
        "SELECT field, actor, actor_role, reason FROM platform.audit"
        " WHERE table_name = 'randomization.allocation' ORDER BY field"
    )
    filled = database.rows(
        "SELECT key FROM randomization.allocation a CROSS JOIN jsonb_each_text(to_jsonb(a))"
        " WHERE value IS NOT NULL ORDER BY key"
    )
    assert len(filled) > 18
    assert [row[0] for row in audited] == [row[0] for row in filled]
    assert {row[1:] for row in audited} == {("dr-jana", "coordinator", "allocation")}


def test_simulated_time_is_for_sandboxes_only(
    client_for: Callable[..., ApiClient], activate: Activate
) -> None:
    activate(STUDY)
    real = client_for("randomization", sandbox=False)
    header = {"Induct-Simulated-Time": "2023-05-17T12:00:00Z"}
    assert real.get("/sites", headers=header).status_code == 403
