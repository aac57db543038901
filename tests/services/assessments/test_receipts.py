"""Receipts of what a site enters, and the trail that the site holds them against."""

import re
from itertools import pairwise
from typing import Any

import httpx
import psycopg
import pytest

from shared.database.receipts import MOST_IN_HEADER, PATTERN, RECEIPT
from tests.services.assessments.support import COUNTS, Trial

CONSENT = {"consent_date": "2024-01-20", "assent_due": False}
HEAD = "SELECT seq, encode(hash, 'hex') FROM platform.audit_head WHERE stream = %s"


def trail_of(trial: Trial, subject: str = "S01-001", **options: Any) -> list[dict[str, Any]]:
    """The rows that a site reads of its subject, two pages at least."""
    rows: list[dict[str, Any]] = []
    after: str | None = ""
    while after is not None:
        answer = trial.api.get(f"/subjects/{subject}/trail?limit=5&after={after}", **options)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["items"]
        after = answer.json()["next"]
    return rows


def receipt(answer: httpx.Response) -> tuple[str, int, int, str, str]:
    told = answer.headers[RECEIPT]
    assert re.fullmatch(PATTERN, told), told
    stream, rows, before, after = told.split(" ")
    first, last = map(int, rows.split("-"))
    return stream, first, last, before, after


@pytest.mark.proves("C34", kind="positive")
def test_each_entry_is_receipted_from_where_the_one_before_it_ended(trial: Trial) -> None:
    registered = receipt(trial.register())
    entered = receipt(trial.record("consent", CONSENT, visit="SCR"))
    made = trial.record("blood_count", COUNTS, visit="C1D28")
    third = receipt(made)
    corrected = receipt(trial.correct(made.json(), {"platelets": "121"}))
    told = [registered, entered, third, corrected]
    assert {each[0] for each in told} == {"NCT05748171/S01-001"}
    assert registered[1] == 1
    for earlier, later in pairwise(told):
        assert (later[1], later[3]) == (earlier[2] + 1, earlier[4])
        assert later[2] >= later[1]
    assert trial.database.rows(HEAD, corrected[0]) == [(corrected[2], corrected[4])]


@pytest.mark.proves("C34", kind="positive")
def test_a_retry_has_the_same_receipt_though_others_wrote_since(trial: Trial) -> None:
    first = trial.register(key="register")
    assert trial.record("consent", CONSENT, visit="SCR").status_code == 201
    again = trial.register(key="register")
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers[RECEIPT] == first.headers[RECEIPT]


def test_what_adds_nothing_has_no_receipt(trial: Trial) -> None:
    trial.register(key="one")
    again = trial.register(key="two")
    assert (again.status_code, again.headers.get(RECEIPT)) == (200, None)
    refused = trial.register("S01-001", sex="male")
    assert (refused.status_code, refused.headers.get(RECEIPT)) == (409, None)


def test_a_file_is_receipted_by_subject_in_its_body(trial: Trial) -> None:
    """Also of more subjects than a header has room for."""
    subjects = [trial.enrol(f"S01-{n:03}") for n in range(1, MOST_IN_HEADER + 2)]

    def sent(number: int, repeat: int) -> httpx.Response:
        rows = [
            {"subject": subject, "form": "blood_count", "visit": "C1D28", "items": COUNTS,
             "repeat": repeat} for subject in subjects[:number]
        ]  # fmt: skip
        answer = trial.api.post("/submissions", json={"rows": rows, "file_id": f"file {repeat}"})
        assert answer.status_code == 201, answer.text
        return answer

    few, many = sent(MOST_IN_HEADER, 1), sent(MOST_IN_HEADER + 1, 2)
    assert few.headers[RECEIPT] == ", ".join(few.json()["receipts"])
    assert RECEIPT not in many.headers
    streams = [each.split(" ")[0] for each in many.json()["receipts"]]
    assert streams == [f"NCT05748171/{subject}" for subject in subjects]
    head = trial.database.rows(HEAD, streams[-1])[0]
    assert many.json()["receipts"][-1].endswith(str(head[1]))


def test_a_dry_run_and_a_known_file_have_no_receipts(trial: Trial) -> None:
    row = {"subject": trial.enrol(), "form": "blood_count", "visit": "C1D28", "items": COUNTS}
    for body, expected in (
        ({"dry_run": True}, 0),
        ({"file_id": "F"}, 1),
        ({"file_id": "F"}, 0),
    ):
        answer = trial.api.post("/submissions", json={"rows": [row], **body})
        assert len(answer.json()["receipts"]) == expected
        assert (RECEIPT in answer.headers) == bool(expected)


@pytest.mark.proves("C34", kind="negative")
def test_who_is_blinded_gets_no_receipt(trial: Trial, record: dict[str, Any]) -> None:
    """How long a stream is, and what it hashes to, follow from the forms that one arm has."""
    body = {"item": "platelets", "text": "Please check."}
    for role, expected in (("data_manager", False), ("cra", True)):
        asked = trial.api.post(trial.path(record) + "/queries", json=body, role=role)
        assert asked.status_code == 201, asked.text
        assert (RECEIPT in asked.headers) == expected


def test_the_trail_goes_from_the_first_row_to_the_last_in_pages(
    trial: Trial, record: dict[str, Any]
) -> None:
    rows = trail_of(trial)
    stored = trial.database.rows(
        "SELECT seq, table_name, row_key, field, new_value, encode(hash, 'hex')"
        " FROM platform.audit WHERE stream = 'NCT05748171/S01-001' ORDER BY seq"
    )
    names = ("seq", "table_name", "row_key", "field", "new_value", "hash")
    assert len(rows) == len(stored)
    for row, kept in zip(rows, stored, strict=True):
        # The place of a version among all that the study wrote tells of other sites.
        told = row["table_name"] != "assessments.record_version"
        assert row["told"] == told
        assert tuple(row[name] for name in names) == (kept if told else (*kept[:4], None, kept[5]))
    assert f"{record['record_id']}/1" in {row["row_key"] for row in rows}


@pytest.mark.proves("C34", kind="negative")
def test_what_others_did_is_told_without_what_it_was(trial: Trial, record: dict[str, Any]) -> None:
    body = {"item": "platelets", "text": "Please check."}
    trial.api.post(trial.path(record) + "/queries", json=body, role="data_manager")
    rows = trail_of(trial)
    others = [row for row in rows if row["actor_role"] == "data_manager"]
    assert others
    for row in others:
        told = (row["told"], row["old_value"], row["new_value"], row["salt"])
        assert told == (False, None, None, None)
        assert len(row["values_hash"]) == 64


@pytest.mark.proves("C34", kind="negative")
def test_the_trail_is_for_the_subjects_own_site(trial: Trial, record: dict[str, Any]) -> None:
    path = "/subjects/S01-001/trail"
    assert trial.api.get(path, role="cra").status_code == 200
    assert trial.api.get(path, role="cra", sites=["S02"]).status_code == 404
    assert trial.api.get("/subjects/S01-009/trail").status_code == 404
    for role in ("data_manager", "sponsor", "statistician", "auditor", "edc"):
        assert trial.api.get(path, role=role).status_code == 403


def test_the_database_gives_no_other_site_or_role_the_trail(
    trial: Trial, record: dict[str, Any]
) -> None:
    """Whatever the code in front of it says."""
    for role, sites, expected in (
        ("coordinator", "S01", True), ("coordinator", "S02", False), ("coordinator", "*", False),
        ("data_manager", "S01", False), ("", "S01", False),
    ):  # fmt: skip
        with psycopg.connect(trial.database.url("induct_assessments")) as connection:
            for name, value in (("role", role), ("sites", sites), ("study", "NCT05748171")):
                connection.execute("SELECT set_config(%s, %s, true)", (f"app.{name}", value))
            asked = "SELECT count(*) > 0 FROM platform.trail_of('S01-001', 0, 10)"
            assert connection.execute(asked).fetchone() == (expected,), role
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT count(*) FROM platform.audit")


@pytest.mark.parametrize("after", ["x", "-1", "1" * 19])
def test_a_page_that_is_none_is_refused(trial: Trial, record: dict[str, Any], after: str) -> None:
    answer = trial.api.get(f"/subjects/S01-001/trail?after={after}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/#query/after"
