"""A write derives anew what it touches, keeps what changed, and tells of it."""

import io
import json
from typing import Any

import psycopg
import pytest

from services.assessments.domain.packs import disease, registry
from services.assessments.domain.packs.facts import SubjectFacts
from tests.services.assessments.derivations.story import (
    SUBJECT,
    changes,
    enter,
    faces,
    listed,
    read,
    treat,
)
from tests.services.assessments.support import COUNTS, Trial


def test_a_treated_child_has_its_endpoints(trial: Trial) -> None:
    treat(trial)
    found = faces(trial)
    assert found["day1"] == ("2024-01-29", "final", None)
    assert found["eot"] == ("2024-02-26", "final", None)
    assert found["response"] == ("CR", "final", None)
    assert found["first_response"] == ("2024-02-25", "final", None)
    assert found["mrd_status:S1"] == ("NEGATIVE", "final", None)
    assert found["mrd_negativity_itt"] == ("SUCCESS", "final", None)
    assert found["OS"][1] == "provisional"


def test_a_correction_derives_anew_and_tells_before_after_and_outcomes(trial: Trial) -> None:
    records = treat(trial)
    told = len(changes(trial))
    trial.correct(records["mrd"], {"fraction": "0.0001"})
    events = {event["derivation"]: event for event in changes(trial)[told:]}
    assert set(events) == {
        "mrd_status:S1", "mrd_lowest", "mrd_negativity_responders", "mrd_negativity_itt",
        f"mrd_consensus:{records['mrd']['record_id']}",
    }  # fmt: skip
    event = events["mrd_status:S1"]
    assert event["before"] == {"value": "NEGATIVE", "status": "final", "reason": None}
    assert event["after"] == {"value": "POSITIVE", "status": "final", "reason": None}
    assert event["outcomes"] == ["P1", "S1", "S2"]
    assert event["inputs"] == [{"record_id": records["mrd"]["record_id"], "version": 2}]
    assert event["cause"] == "data"
    assert events["mrd_negativity_itt"]["outcomes"] == ["P1"]
    kept = trial.database.rows(
        "SELECT DISTINCT v.submission_id::text FROM assessments.record_version v"
        " WHERE record_id = %s AND version = 2",
        records["mrd"]["record_id"],
    )
    assert kept == [(event["submission_id"],)]


def test_what_changes_no_derivation_stores_no_version(trial: Trial) -> None:
    records = treat(trial)
    before = trial.database.rows("SELECT count(*) FROM assessments.derivation")
    # Nobody derives anything from adverse events; equal values change nothing.
    event = {"term": "Sepsis", "start_date": "2024-02-03", "serious": False}
    enter(trial, "adverse_event", event)
    assert trial.correct(records["mrd"], {"fraction": "0.000099"}).status_code == 200
    assert trial.database.rows("SELECT count(*) FROM assessments.derivation") == before


def test_a_trace_that_changes_is_kept_and_no_event(trial: Trial) -> None:
    records = treat(trial)
    told = len(changes(trial))
    before = listed(trial)["mrd_status:S1"]
    trial.correct(records["mrd"], {"quantitative_range": "0.00004"})
    after = listed(trial)["mrd_status:S1"]
    assert after["version"] == before["version"] + 1
    assert (after["value"], after["status"]) == (before["value"], before["status"])
    assert changes(trial)[told:] == []


def test_a_renamed_sample_leaves_no_derivation_of_its_old_name(trial: Trial) -> None:
    records = treat(trial)
    trial.correct(records["mrd"], {"sample_id": "S2"})
    found = faces(trial)
    assert found["mrd_status:S1"] == (None, "void", "no_longer_derived")
    assert found["mrd_status:S2"] == ("NEGATIVE", "final", None)
    latest = listed(trial)["mrd_status:S1"]
    assert "renamed or removed" in read(trial, "mrd_status:S1").json()["explanation"]
    # And back again: the same derivation goes on.
    trial.correct(records["mrd"], {"sample_id": "S1"}, if_match='"2"')
    again = listed(trial)["mrd_status:S1"]
    assert again["derivation_id"] == latest["derivation_id"]
    assert (again["value"], again["version"]) == ("NEGATIVE", latest["version"] + 1)


def test_the_news_of_an_allocation_derives_anew(trial: Trial) -> None:
    trial.enrol()
    assert faces(trial)["day1"] == (None, "pending", "not_randomized")
    trial.randomize()
    assert faces(trial)["day1"] == ("2024-01-29", "final", None)
    version = read(trial, "day1").json()["versions"][-1]
    assert version["cause"] == "allocation"
    assert trial.database.rows("SELECT kind FROM assessments.submission ORDER BY position DESC")[
        0
    ] == ("allocation",)


def test_a_fault_in_a_pack_loses_no_entry_and_no_result_but_its_own(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, log_lines: io.StringIO
) -> None:
    records = treat(trial)
    usual = faces(trial)

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError(f"a value: {SUBJECT}")

    monkeypatch.setattr("services.assessments.domain.packs.induction.lowest_mrd", broken)
    corrected = trial.correct(records["mrd"], {"fraction": "0.00005"})
    assert corrected.status_code == 200
    found = faces(trial)
    lost = {name for name, face in found.items() if face[2] == "derivation_failed"}
    assert lost == {"mrd_lowest", "mrd_negativity_responders", "mrd_negativity_itt"}
    assert all(found[name] == usual[name] for name in found.keys() - lost)
    told = [json.loads(line) for line in log_lines.getvalue().splitlines()]
    faults = {line["function"]: line["error"] for line in told if line["level"] == "error"}
    assert faults.keys() == lost
    assert all(error.startswith("ZeroDivisionError at broken:") for error in faults.values())
    assert SUBJECT not in log_lines.getvalue()


def test_a_fault_of_a_whole_part_leaves_the_others(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = treat(trial)
    usual = faces(trial)

    def broken(facts: SubjectFacts, *_: Any) -> Any:
        raise ZeroDivisionError(f"a value: {facts.subject}")

    faulty = [
        (packs, broken if derive is disease.sample_results else derive)
        for packs, derive in registry.DERIVERS
    ]
    monkeypatch.setattr("services.assessments.domain.derived.DERIVERS", faulty)
    assert trial.correct(records["mrd"], {"fraction": "0.00005"}).status_code == 200
    found = faces(trial)
    assert found["mrd_status:S1"] == (None, "void", "no_longer_derived")
    assert found["pack:mrd"] == (None, "ne", "derivation_failed")
    assert (found["eot"], found["response"], found["EFS"]) == (
        usual["eot"], usual["response"], usual["EFS"],
    )  # fmt: skip


def test_a_value_that_the_packs_cannot_read_is_told(trial: Trial) -> None:
    records = treat(trial)
    # No form lets such a value in; an older definition may have.
    with trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE assessments.item_version SET value = 'about 0.1' WHERE item = 'fraction'"
        )
    enter(trial, "blood_count", COUNTS, "C1D28")
    told = read(trial, "unread:mrd").json()
    assert told["value"] == "1"
    assert told["trace"]["notes"] == [f"{records['mrd']['record_id']} fraction: type_mismatch"]
    assert faces(trial)["mrd_status:S1"][1] == "ne"


def test_the_audit_trail_tells_what_a_derivation_said_before(trial: Trial) -> None:
    records = treat(trial)
    trial.correct(records["mrd"], {"fraction": "0.0001"})
    trail = trial.database.rows(
        "SELECT old_value, new_value, actor_role FROM platform.audit"
        " WHERE table_name = 'assessments.derivation' AND field = 'mrd_status:S1' ORDER BY seq"
    )
    assert trail == [
        (None, "final NEGATIVE", "coordinator"),
        ("final NEGATIVE", "final POSITIVE", "coordinator"),
    ]


def test_analytics_reads_current_derivations_at_its_sites_and_no_void_ones(trial: Trial) -> None:
    records = treat(trial)
    trial.correct(records["mrd"], {"sample_id": "S2"})
    seen = {}
    for sites in ("S01", "S02"):
        with psycopg.connect(trial.database.url("induct_analytics")) as analytics:
            for name, value in (("study", trial.api.study), ("sites", sites)):
                analytics.execute("SELECT set_config('app.' || %s, %s, true)", (name, value))
            rows = analytics.execute(
                "SELECT name, value, result -> 'details' ->> 'ADT' FROM assessments.derivation_read"
            ).fetchall()
        seen[sites] = {row[0]: row[1:] for row in rows}
    assert seen["S02"] == {}
    assert seen["S01"]["mrd_status:S2"] == ("NEGATIVE", None)
    assert "mrd_status:S1" not in seen["S01"]
    assert seen["S01"]["OS"][0] == seen["S01"]["OS"][1]


def test_a_derivation_is_never_changed_or_taken_away(trial: Trial) -> None:
    treat(trial)
    with trial.database.admin() as admin:
        for evil in ("UPDATE assessments.derivation SET value = 'x'",
                     "DELETE FROM assessments.derivation"):  # fmt: skip
            with pytest.raises(psycopg.DatabaseError, match="append-only"):
                admin.execute(evil.encode())
