"""What reveals the arm does not exist for masked roles, and leaves no gap where it would be."""

from typing import Any

import pytest

from tests.services.assessments.support import COUNTS, Trial

MASKED = ("data_manager", "medical_monitor")
OPEN = ("investigator", "cra", "statistician", "auditor")
DOSE = {"product": "INO", "dose_date": "2024-01-30", "given": True}
SAMPLE = {"sample_date": "2024-01-30", "timepoint": "PRE_DOSE", "below_quantification": False}


@pytest.fixture
def treated(trial: Trial) -> dict[str, dict[str, Any]]:
    """The records of a treated child, hidden ones in between."""
    trial.enrol()
    trial.randomize()
    records = {}
    for form, items, visit in (
        ("blood_count", COUNTS, "C1D1"),
        ("dosing", DOSE, "C1D1"),
        ("pk_sample", SAMPLE, "C1D1"),
        ("marrow", {"sample_date": "2024-02-26", "evaluable": True}, "C1D28"),
    ):
        made = trial.record(form, items, visit=visit)
        assert made.status_code == 201, made.text
        records[form] = made.json()
    return records


def test_arm_revealing_records_look_to_masked_roles_like_none(
    trial: Trial, treated: dict[str, dict[str, Any]]
) -> None:
    absent = treated["dosing"] | {"record_id": "00000000-0000-4000-8000-000000000000"}
    for role in MASKED:
        nothing = trial.read(absent, role=role)
        assert nothing.status_code == 404
        for form in ("dosing", "pk_sample"):
            hidden = trial.read(treated[form], role=role)
            versions = trial.api.get(trial.path(treated[form]) + "/versions", role=role)
            assert hidden.status_code == versions.status_code == 404
            assert hidden.json() == versions.json() == nothing.json()
            assert "ETag" not in hidden.headers
    for role in OPEN:
        at = {"as_of": treated["pk_sample"]["recorded_at"]}
        read = trial.read(treated["pk_sample"], role=role, params=at)
        assert read.json() == treated["pk_sample"]


def test_pages_of_masked_roles_are_as_full_as_if_nothing_were_hidden(
    trial: Trial, treated: dict[str, dict[str, Any]]
) -> None:
    path = "/subjects/S01-001/assessments"
    for role in MASKED:
        forms: list[str] = []
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            params = {"limit": 1, "after": page["next"]}
            page = trial.api.get(path, role=role, params=params).json()
            forms += [record["form"] for record in page["items"]]
            assert len(page["items"]) == 1
            assert page["next"] not in {
                treated["dosing"]["record_id"],
                treated["pk_sample"]["record_id"],
            }
        assert sorted(forms) == ["blood_count", "consent", "marrow"]
    everything = trial.api.get(path, role="statistician").json()
    assert len(everything["items"]) == 5


def test_masked_roles_are_told_no_position(
    trial: Trial, treated: dict[str, dict[str, Any]]
) -> None:
    at = treated["marrow"]["recorded_at"]
    for role in MASKED:
        read = trial.read(treated["marrow"], role=role).json()
        assert read == treated["marrow"] | {"as_of_position": None}
        listed = trial.api.get(
            "/subjects/S01-001/assessments", role=role, params={"as_of": at}
        ).json()
        assert listed["as_of_position"] is None
        versions = trial.api.get(trial.path(treated["marrow"]) + "/versions", role=role).json()
        assert versions["as_of_position"] is None
        assert len(versions["items"]) == 1


def test_no_event_tells_of_what_reveals_the_arm(
    trial: Trial, treated: dict[str, dict[str, Any]]
) -> None:
    trial.correct(treated["pk_sample"], {"concentration": "120.5"})
    trial.correct(treated["marrow"], {"blasts": "3"})
    events = trial.database.rows(
        "SELECT type, envelope -> 'data' ->> 'form', (envelope -> 'version')::int"
        " FROM platform.outbox WHERE envelope ->> 'subject' LIKE '%%/subject/S01-001'"
        " ORDER BY version"
    )
    forms = [form for kind, form, _ in events if kind == "assessment.recorded"]
    assert forms == ["consent", "blood_count", "marrow", "marrow"]
    # No version is missing from the stream where something hidden was entered.
    assert [version for *_, version in events] == list(range(1, len(events) + 1))
