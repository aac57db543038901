"""Queries, deviations and flags tell masked roles nothing of the arm: two children who differ in
what reveals it look the same."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.services.assessments.support import COUNTS, Trial
from tests.support.pool import Begin

MASKED = ("data_manager", "medical_monitor")
AE = {"term": "Dragon pox", "start_date": "2024-02-10", "serious": False, "grade": 2}
ODD_DOSE = {"product": "INO", "dose_date": "2024-01-30", "given": True, "weight": "3"}
DULL_DOSE = {"product": "DEX", "dose_date": "2024-01-30", "given": True, "amount": "10",
             "amount_unit": "mg", "weight": "30"}  # fmt: skip


def child(trial: Trial, subject: str, dose: Mapping[str, Any], *, ino: bool) -> dict[str, Any]:
    """A child with the same open records, and hidden ones of its arm; the adverse event."""
    trial.enrol(subject)
    trial.randomize(subject)
    assert trial.record("dosing", dose, subject, visit="C1D1").is_success
    odd = COUNTS | {"leukocytes": "1.0", "sample_date": "2024-03-20"}
    assert trial.record("blood_count", odd, subject, visit="C1D28").is_success
    if ino:
        sample = {"sample_date": "2024-01-30", "timepoint": "PRE_DOSE",
                  "below_quantification": True}  # fmt: skip
        assert trial.record("pk_sample", sample, subject, visit="C1D1").is_success
    made = trial.record("adverse_event", AE, subject)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    seen = {"If-Match": '"1"'}
    for path, role, body in (
        ("verification", "cra", {"verified": True}),
        ("signature", "investigator", {}),
    ):
        url = f"{trial.path(found)}/{path}"
        assert trial.api.post(url, json=body, role=role, headers=seen).is_success
    if ino:
        hidden = trial.correct(found, {"relation_ino": "RELATED"})
        assert hidden.status_code == 200, hidden.text
        url, now = f"{trial.path(found)}/verification", {"If-Match": '"2"'}
        anew = trial.api.post(url, json={"verified": True}, role="cra", headers=now)
        assert anew.is_success
    return found


@pytest.fixture
def two(trial: Trial, begin: Begin) -> dict[str, dict[str, Any]]:
    def fill() -> dict[str, dict[str, Any]]:
        return {
            "S01-001": child(trial, "S01-001", ODD_DOSE, ino=True),
            "S01-002": child(trial, "S01-002", DULL_DOSE, ino=False),
        }

    found: dict[str, dict[str, Any]] = begin("two children who differ in what is hidden", fill)
    return found


def told(trial: Trial, role: str, subject: str, record: Mapping[str, Any]) -> list[str]:
    """Everything that a role is told of a child's queries, deviations and flags, without names and
    instants, which differ between any two children."""
    about = {"subject": subject}
    found = [
        *trial.api.get("/queries", role=role, params=about).json()["items"],
        *trial.api.get("/deviations", role=role, params=about).json()["items"],
    ]
    flags = trial.api.get(trial.path(record) + "/flags", role=role)
    found += [flags.json()["flags"], *flags.json()["events"]]
    unlike = {"query_id", "deviation_id", "record_id", "subject", "raised_at", "changed_at",
              "noted_at", "recorded_at", "signature"}  # fmt: skip
    return sorted(str({k: v for k, v in each.items() if k not in unlike}) for each in found)


def test_two_children_who_differ_in_hidden_records_look_the_same_to_masked_roles(
    trial: Trial, two: dict[str, dict[str, Any]]
) -> None:
    for role in MASKED:
        first, second = (told(trial, role, subject, two[subject]) for subject in two)
        assert first == second
        assert any("AE-01" in each for each in first)
        assert any("LAB-01" in each for each in first)


def test_who_sees_the_arm_sees_the_difference(trial: Trial, two: dict[str, dict[str, Any]]) -> None:
    for role in ("cra", "coordinator", "statistician"):
        first, second = (told(trial, role, subject, two[subject]) for subject in two)
        assert any("WT-01" in each for each in first)
        assert any("'void'" in each for each in first)
        assert not any("'void'" in each or "WT-01" in each for each in second)


def test_a_query_on_hidden_records_and_items_does_not_exist_for_masked_roles(
    trial: Trial, two: dict[str, dict[str, Any]]
) -> None:
    asked = trial.api.get("/queries", role="cra", params={"form": "dosing"}).json()["items"]
    assert asked
    body = {"item": "relation_ino", "text": "Please look at the source."}
    path = trial.path(two["S01-001"]) + "/queries"
    asked.append(trial.api.post(path, json=body, role="cra").json())
    nothing = "/queries/00000000-0000-4000-8000-000000000000"
    for role in MASKED:
        absent = trial.api.get(nothing, role=role)
        for query in asked:
            url = f"/queries/{query['query_id']}"
            read = trial.api.get(url, role=role)
            closed = trial.api.post(f"{url}/close", json={"reason": "Looks fine"}, role=role)
            assert read.status_code == closed.status_code == absent.status_code == 404
            assert read.json() == closed.json() == absent.json()
        refused = trial.api.post(path, json=body, role=role)
        unknown = trial.api.post(path, json=body | {"item": "colour"}, role=role)
        assert refused.status_code == unknown.status_code == 422
        assert refused.json() == unknown.json()


def test_the_bus_is_told_the_same_of_both(trial: Trial, two: dict[str, dict[str, Any]]) -> None:
    def events(subject: str) -> list[tuple[object, ...]]:
        rows = trial.database.rows(
            "SELECT type, (envelope -> 'version')::int, envelope -> 'data' FROM platform.outbox"
            " WHERE envelope -> 'data' ->> 'subject_id' = %s"
            " AND type IN ('query.changed', 'form.changed') ORDER BY 2",
            subject,
        )
        unlike = {"subject_id", "query_id", "record_id"}
        return [
            (kind, {k: v for k, v in data.items() if k not in unlike})  # type: ignore[attr-defined]
            for kind, _, data in rows
        ]

    assert events("S01-001") == events("S01-002")
    assert events("S01-001")
