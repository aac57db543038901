"""Flags of records: verified, frozen, locked by one and unlocked by two, signed; and what a
correction does to them."""

from typing import Any

import httpx
import pytest

from infra.database.audit import altered_rows
from tests.services.assessments.flagging import (
    FIRST,
    NONE,
    PROBLEM,
    SECOND,
    flag,
    flags,
    lock,
    sign,
    verify,
)
from tests.services.assessments.support import Trial


def test_a_new_record_carries_no_flag(trial: Trial, record: dict[str, Any]) -> None:
    assert flags(trial, record) == record["flags"] == NONE


def test_verification_is_of_the_version_that_was_looked_at(
    trial: Trial, record: dict[str, Any]
) -> None:
    stale = verify(trial, record, if_match='"7"')
    assert stale.status_code == 412
    done = verify(trial, record)
    assert (done.status_code, done.json()["flags"]) == (200, NONE | {"verified": True})
    (event,) = done.json()["events"]
    assert (event["action"], event["version"], event["actor"]) == ("verify", 1, "cra-client")
    assert flags(trial, record) == NONE | {"verified": True}


def test_a_verification_is_taken_back_with_a_reason(trial: Trial, record: dict[str, Any]) -> None:
    verify(trial, record)
    bare = flag(trial, record, "verification", "cra", {"verified": False})
    assert (bare.status_code, bare.json()["errors"][0]["code"]) == (422, "reason-required")
    back = {"verified": False, "reason": "Wrong child's chart"}
    assert flag(trial, record, "verification", "cra", back).json()["flags"] == NONE


def test_a_signature_shows_who_signed_when_and_what_it_means(
    trial: Trial, record: dict[str, Any]
) -> None:
    signed = sign(trial, record)
    assert signed.status_code == 200, signed.text
    shown = signed.json()["flags"]["signature"]
    assert shown["name"] == "Investigator in Print"
    assert (shown["role"], shown["meaning"]) == ("investigator", "record-signed")
    assert signed.json()["signature_holds"] is True
    assert flags(trial, record)["signed"] is True


def test_nobody_signs_without_authenticating_for_it(trial: Trial, record: dict[str, Any]) -> None:
    unsigned = sign(trial, record, signed_by="")
    assert (unsigned.status_code, unsigned.json()["type"]) == (401, PROBLEM + "signature-required")
    other = sign(trial, record, signed_by={"role": "investigator", "meaning": "casebook-signed"})
    assert other.status_code in {401, 403}
    assert flags(trial, record) == NONE


@pytest.mark.proves("C27", kind="positive")
def test_a_correction_voids_signature_and_verification_and_says_so(
    trial: Trial, record: dict[str, Any]
) -> None:
    verify(trial, record)
    sign(trial, record)
    corrected = trial.correct(record, {"platelets": "80"}, client="nurse-9").json()
    assert corrected["flags"] == NONE
    assert flags(trial, corrected) == NONE
    events = trial.api.get(trial.path(record) + "/flags", role="cra").json()["events"]
    assert [e["action"] for e in events] == ["verify", "sign", "void"]
    assert (events[-1]["version"], events[-1]["actor"]) == (2, "nurse-9")
    assert events[-1]["reason"] == "Data entry error"
    audited = trial.database.rows(
        "SELECT actor FROM platform.audit WHERE table_name = 'assessments.flag_event'"
        " AND field = '*' AND CAST(new_value AS jsonb) ->> 'action' = 'void'"
    )
    assert audited == [("nurse-9",)]
    told = trial.events("form.changed")
    assert [(e["verified"], e["signed"]) for e in told] == [
        (True, False), (True, True), (False, False)
    ]  # fmt: skip


def test_equal_values_sent_again_void_nothing(trial: Trial, record: dict[str, Any]) -> None:
    verify(trial, record)
    assert trial.correct(record, {"platelets": record["items"]["platelets"]}).is_success
    assert flags(trial, record)["verified"] is True


def test_what_was_voided_may_be_verified_and_signed_anew(
    trial: Trial, record: dict[str, Any]
) -> None:
    sign(trial, record)
    second = trial.correct(record, {"platelets": "80"}).json()
    verify(trial, second)
    assert sign(trial, second).is_success
    found = flags(trial, second)
    assert (found["verified"], found["signed"]) == (True, True)


@pytest.mark.proves("C19", kind="negative")
def test_a_value_altered_in_the_database_breaks_the_signature(
    trial: Trial, record: dict[str, Any]
) -> None:
    sign(trial, record)
    with trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE assessments.item_version SET value = '121' WHERE value = '120'")
    read = trial.api.get(trial.path(record) + "/flags", role="cra").json()
    assert (read["flags"]["signed"], read["signature_holds"]) == (True, False)


def test_a_frozen_record_takes_no_correction_until_it_is_let_go(
    trial: Trial, record: dict[str, Any]
) -> None:
    hold = {"frozen": True, "reason": "Interim look"}
    assert flag(trial, record, "freeze", "data_manager", hold).status_code == 200
    refused = trial.correct(record, {"platelets": "80"})
    assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "form-frozen")
    assert trial.read(record).json()["version"] == 1
    assert verify(trial, record).is_success
    free = {"frozen": False, "reason": "Look is over"}
    assert flag(trial, record, "freeze", "data_manager", free).status_code == 200
    assert trial.correct(record, {"platelets": "80"}).status_code == 200


@pytest.mark.proves("C30", kind="negative")
def test_a_locked_record_takes_neither_correction_nor_flag(
    trial: Trial, record: dict[str, Any]
) -> None:
    assert lock(trial, record).status_code == 200
    for refused in (
        trial.correct(record, {"platelets": "80"}),
        verify(trial, record),
        sign(trial, record),
        flag(trial, record, "freeze", "data_manager", {"frozen": True, "reason": "Interim look"}),
    ):
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "form-locked")
    assert trial.counts(repeat=2)["flags"] == NONE


@pytest.mark.parametrize("what", ["verification", "lock", "signature"])
def test_a_step_taken_twice_is_a_conflict(trial: Trial, record: dict[str, Any], what: str) -> None:
    role, body = {
        "verification": ("cra", {"verified": True}),
        "lock": ("data_manager", None),
        "signature": ("investigator", {}),
    }[what]
    assert flag(trial, record, what, role, body).is_success
    again = flag(trial, record, what, role, body)
    assert (again.status_code, again.json()["type"]) == (409, PROBLEM + "flag-step")


def test_a_casebook_is_signed_as_one_and_each_of_its_records_shows_it(
    trial: Trial, record: dict[str, Any]
) -> None:
    path = "/subjects/S01-001/signature"
    signed = trial.api.post(path, json={"comment": "Read as a whole"}, role="investigator")
    assert signed.status_code == 200, signed.text
    assert (signed.json()["records"], signed.json()["signature"]["meaning"]) == (
        2,
        "casebook-signed",
    )
    listed = trial.api.get("/subjects/S01-001/assessments", role="cra").json()["items"]
    assert {r["flags"]["signature"]["signature_id"] for r in listed} == {
        signed.json()["signature"]["signature_id"]
    }
    again = trial.api.post(path, json={}, role="investigator")
    assert (again.status_code, again.json()["type"]) == (409, PROBLEM + "flag-step")
    trial.correct(record, {"platelets": "80"})
    states = {
        r["form"]: (r["flags"]["signed"])
        for r in trial.api.get("/subjects/S01-001/assessments", role="cra").json()["items"]
    }
    assert states == {"blood_count": False, "consent": True}
    consent = next(r for r in listed if r["form"] == "consent")
    read = trial.api.get(trial.path(consent) + "/flags", role="cra").json()
    assert read["signature_holds"] is True


def test_the_flags_of_the_past_are_as_they_were(trial: Trial, record: dict[str, Any]) -> None:
    verify(trial, record)
    at = {"as_of": trial.clock().isoformat()}
    trial.correct(record, {"platelets": "80"})
    then = trial.read(record, params=at).json()
    assert (then["version"], then["flags"]) == (1, NONE | {"verified": True})
    first = trial.read(record, params={"as_of": record["recorded_at"]}).json()
    assert first["flags"] == NONE


@pytest.mark.proves("C15", kind="negative")
def test_another_site_and_hidden_records_look_like_none(
    trial: Trial, record: dict[str, Any]
) -> None:
    elsewhere = flag(trial, record, "verification", "cra", {"verified": True}, sites=["S02"])
    assert elsewhere.status_code == 404
    trial.randomize()
    dose = {"product": "INO", "dose_date": "2024-01-30", "given": True}
    made = trial.record("dosing", dose, visit="C1D1").json()
    for what in ("lock", "freeze"):
        body = {"frozen": True, "reason": "Interim look"} if what == "freeze" else None
        assert flag(trial, made, what, "data_manager", body).status_code == 404
    assert trial.api.get(trial.path(made) + "/flags", role="data_manager").status_code == 404
    assert verify(trial, made).status_code == 200
    assert trial.events("form.changed") == []


def test_two_corrections_and_a_verification_at_once_end_in_one_order(
    trial: Trial, record: dict[str, Any]
) -> None:
    body = {"items": {"platelets": "80"}, "reason": "Data entry error"}
    match = {"If-Match": '"1"'}
    path = trial.path(record)
    answers = trial.api.together(
        [
            trial.api.call("PUT", path, json=body, headers=match),
            trial.api.call(
                "POST", f"{path}/verification", json={"verified": True}, role="cra", headers=match
            ),
        ]
    )
    assert answers[0].status_code == 200
    assert answers[1].status_code in {200, 412}
    assert flags(trial, record)["verified"] is False


def test_a_flag_that_was_altered_in_the_database_is_named_by_the_trail(
    trial: Trial, record: dict[str, Any]
) -> None:
    verify(trial, record)
    assert altered_rows(trial.database.url("induct_platform")) == []
    with trial.database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE assessments.flag_event SET actor = 'somebody-else'")
    (fault,) = altered_rows(trial.database.url("induct_platform"))
    assert "assessments.flag_event" in str(fault)


def test_a_whole_casebook_is_locked_with_what_the_locker_must_not_see(
    trial: Trial, record: dict[str, Any]
) -> None:
    trial.randomize()
    dose = {"product": "INO", "dose_date": "2024-01-30", "given": True}
    made = trial.record("dosing", dose, visit="C1D1").json()

    def casebook(what: str, body: Any = None, **options: Any) -> httpx.Response:
        sent = body or {"reason": "End of the study"}
        path = f"/subjects/S01-001/{what}"
        return trial.api.post(path, json=sent, role="data_manager", **options)

    approve = {"decision": "approve", "reason": "An error was found"}
    assert casebook("lock").json() == {"subject": "S01-001", "action": "lock"}
    again = casebook("lock")
    assert (again.status_code, again.json()) == (200, {"subject": "S01-001", "action": "lock"})
    for locked in (record, made):
        refused = trial.correct(locked, {"platelets": "80"} if locked is record else {"amount": 1})
        assert (refused.status_code, refused.json()["type"]) == (409, PROBLEM + "form-locked")
    assert casebook("unlock-request", **FIRST).is_success
    same = casebook("unlock-decision", approve, **FIRST)
    assert (same.status_code, same.json()["type"]) == (409, PROBLEM + "second-person-needed")
    unsigned = casebook("unlock-decision", approve, signed_by="", **SECOND)
    assert unsigned.status_code == 401
    assert casebook("unlock-decision", approve, **SECOND).is_success
    assert trial.correct(made, {"amount": "0.8"}).status_code == 200
    assert trial.correct(record, {"platelets": "80"}).status_code == 200
    told = {e["form"] for e in trial.events("form.changed")}
    assert told == {"consent", "blood_count"}
