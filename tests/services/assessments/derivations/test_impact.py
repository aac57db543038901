"""What moved between two instants, and what another version of a pack would move."""

from typing import Any

import pytest

from services.assessments import derivation_service
from shared.rules.loading import changed_pack
from tests.services.assessments.derivations.story import changes, faces, treat
from tests.services.assessments.support import Trial


def impact(trial: Trial, **params: Any) -> dict[str, dict[str, Any]]:
    role = params.pop("role", "statistician")
    read = trial.api.get("/impact", role=role, params={"limit": 200} | params)
    assert read.status_code == 200, read.text
    return {item["derivation"]: item for item in read.json()["items"]}


def stricter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pack `mrd` in another version, with a lower limit of what is negative."""
    packs = dict(derivation_service.packs_in_force())
    packs["mrd"] = changed_pack("mrd", {"negative": "0.00005"})
    monkeypatch.setattr(derivation_service, "packs_in_force", lambda: packs)


def rederive(trial: Trial, *, dry_run: bool, role: str = "statistician") -> dict[str, Any]:
    made = trial.api.post("/rederivations", json={"dry_run": dry_run}, role=role)
    assert made.status_code == 200, made.text
    found: dict[str, Any] = made.json()
    return found


def test_impact_tells_of_whom_what_moved_from_what_to_what_and_why(trial: Trial) -> None:
    records = treat(trial)
    since = trial.clock().isoformat()
    trial.correct(records["mrd"], {"fraction": "0.002"})
    trial.correct(records["mrd"], {"fraction": "0.0001"}, if_match='"2"', role="coordinator")
    found = impact(trial, since=since)
    assert set(found) == {
        "mrd_status:S1", "mrd_lowest", "mrd_negativity_responders", "mrd_negativity_itt",
    }  # fmt: skip
    moved = found["mrd_status:S1"]
    assert moved["subject"] == "S01-001"
    assert moved["before"]["value"] == "NEGATIVE"
    assert moved["after"]["value"] == "POSITIVE"
    assert moved["outcomes"] == ["P1", "S1", "S2"]
    (cause,) = moved["causes"]
    assert (cause["cause"], cause["kind"]) == ("data", "correction")
    assert len(found["mrd_lowest"]["causes"]) == 2


def test_what_moved_and_moved_back_is_no_impact(trial: Trial) -> None:
    records = treat(trial)
    since = trial.clock().isoformat()
    trial.correct(records["mrd"], {"fraction": "0.002"})
    between = trial.clock().isoformat()
    trial.correct(records["mrd"], {"fraction": "0.000099"}, if_match='"2"')
    assert impact(trial, since=since) == {}
    assert impact(trial, since=since, until=between)["mrd_status:S1"]["after"]["value"] == (
        "POSITIVE"
    )


def test_a_position_does_as_well_where_positions_may_be_known(trial: Trial) -> None:
    records = treat(trial)
    position = trial.read(records["mrd"], role="statistician").json()["as_of_position"]
    trial.correct(records["mrd"], {"fraction": "0.002"})
    assert "mrd_status:S1" in impact(trial, since=str(position))
    assert impact(trial, since=str(position + 1)) == {}
    for role, since in (
        ("data_manager", str(position)),
        ("statistician", "9" * 30),
        ("statistician", "yesterday"),
        ("statistician", "-1"),
    ):
        refused = trial.api.get("/impact", role=role, params={"since": since})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["code"] == "no-instant"


def test_a_pack_of_another_version_is_tried_first_and_changes_nothing(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    treat(trial)
    stricter(monkeypatch)
    before, stored = faces(trial), trial.database.rows("SELECT count(*) FROM platform.audit")
    tried = rederive(trial, dry_run=True)
    assert tried["submission_id"] is None
    assert tried["subjects"] == 1
    moved = {item["derivation"]: item for item in tried["moved"]}
    assert moved["mrd_status:S1"]["before"]["value"] == "NEGATIVE"
    assert moved["mrd_status:S1"]["after"]["value"] == "POSITIVE"
    assert moved["mrd_negativity_itt"]["outcomes"] == ["P1"]
    assert faces(trial) == before
    assert trial.database.rows("SELECT count(*) FROM platform.audit") == stored


def test_a_pack_of_another_version_derives_every_subject_anew(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    treat(trial)
    since = trial.clock().isoformat()
    told = len(changes(trial))
    stricter(monkeypatch)
    tried = rederive(trial, dry_run=True)
    done = rederive(trial, dry_run=False)
    assert done["moved"] == tried["moved"]
    assert faces(trial)["mrd_status:S1"] == ("POSITIVE", "final", None)
    events = changes(trial)[told:]
    assert {event["cause"] for event in events} == {"rules"}
    assert {event["submission_id"] for event in events} == {done["submission_id"]}
    assert impact(trial, since=since)["mrd_status:S1"]["causes"][0]["cause"] == "rules"
    # Once more there is nothing to do, and nothing is written.
    again = rederive(trial, dry_run=False)
    assert (again["versions"], again["submission_id"]) == (0, None)


def test_subjects_are_derived_anew_page_by_page(trial: Trial) -> None:
    for number in (1, 2, 3):
        trial.enrol(f"S01-00{number}")
    body = {"dry_run": True, "limit": 2}
    first = trial.api.post("/rederivations", json=body, role="data_manager").json()
    assert (first["subjects"], first["next"]) == (2, "S01-002")
    rest = trial.api.post(
        "/rederivations", json=body | {"after": first["next"]}, role="data_manager"
    ).json()
    assert (rest["subjects"], rest["next"]) == (1, None)


def test_only_who_keeps_the_data_derives_anew(trial: Trial) -> None:
    for role in ("investigator", "medical_monitor", "auditor"):
        refused = trial.api.post("/rederivations", json={"dry_run": True}, role=role)
        assert refused.status_code == 403
