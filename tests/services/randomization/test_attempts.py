"""Every request for an allocation leaves a row, whatever it was answered."""

from tests.services.randomization.world import request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

ROWS = """
    SELECT outcome, problem, rules FROM randomization.attempt ORDER BY attempted_at, attempt_id
"""


def test_new_repeated_differing_and_ineligible_are_all_there(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request(), key="one")
    api.post("/allocations", json=request(), key="one")
    api.post("/allocations", json=request(), key="two")
    api.post("/allocations", json=request(marrow_blasts="50"))
    api.post("/allocations", json=request("S01-002", marrow_blasts="4", cd22_positive=False))
    api.post("/allocations", json=request("S01-999"))
    assert database.rows(ROWS) == [
        (201, None, []),
        (200, None, []),
        (200, None, []),
        (409, "already-allocated", []),
        (422, "not-eligible", ["ELIG-05", "ELIG-06"]),
        (422, "subject-unknown", ["subject-unknown"]),
    ]


def test_a_reused_key_and_a_missing_signature_are_there_too(
    api: ApiClient, database: TestDatabase
) -> None:
    api.post("/allocations", json=request(), key="one")
    api.post("/allocations", json=request("S01-002"), key="one")
    api.post("/allocations", json=request("S01-002"), signed_by="")
    assert [row[:2] for row in database.rows(ROWS)] == [
        (201, None),
        (422, "idempotency-key-reused"),
        (401, "signature-required"),
    ]


def test_an_attempt_holds_no_value_of_the_child_and_no_arm(
    api: ApiClient, database: TestDatabase
) -> None:
    # Digits enough that no instant of an attempt can hold them by chance.
    api.post("/allocations", json=request(marrow_blasts="61.70193846"))
    api.post("/allocations", json=request("S01-002", marrow_blasts="4.70193846"))
    text = " ".join(
        str(row) for row in database.rows("SELECT a::text FROM randomization.attempt a")
    )
    assert text.count("NCT05748171") == 2
    for secret in ("70193846", "INO", "ALLR3"):
        assert secret not in text


def test_each_attempt_is_in_the_hash_chain_of_its_subject(
    api: ApiClient, database: TestDatabase
) -> None:
    for _ in range(3):
        api.post("/allocations", json=request("S01-002", marrow_blasts="4.7"))
    chained = database.rows(
        "SELECT new_value FROM platform.audit WHERE table_name = 'randomization.attempt'"
        " AND subject_id = 'S01-002'"
    )
    assert chained == [("422",)] * 3


def test_an_attempt_is_never_changed(api: ApiClient, database: TestDatabase) -> None:
    import psycopg
    import pytest

    api.post("/allocations", json=request())
    with database.admin() as connection, pytest.raises(psycopg.DatabaseError, match="append-only"):
        connection.execute("DELETE FROM randomization.attempt")
