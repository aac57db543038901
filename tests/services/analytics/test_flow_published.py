"""The flow of participants from the database to what readers get."""

from datetime import UTC, date, datetime

import pytest

from tests.services.analytics.trial import Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")
CUTOFF = date(2026, 6, 30)


def refuse(trial: Trial, subject: str, at: datetime, problem: str, *rules: str) -> None:
    with trial.writing().transaction():
        trial.writing().execute(
            "INSERT INTO randomization.attempt (study_id, subject_id, site_id, operation, outcome,"
            " problem, rules, actor, actor_role, request_id, attempted_at) VALUES (%s, %s, 'S01',"
            " 'allocate', 422, %s, %s, 'test', 'investigator', 'test', %s)",
            (trial.study, subject, problem, list(rules), at),
        )


def test_a_refusal_at_the_gate_is_told_as_the_reason_on_its_day_at_the_site(nct: Trial) -> None:
    nct.child("S01-001", "INO", date(2024, 1, 29))
    for subject in ("S01-002", "S01-003"):
        nct.register(subject, date(2024, 1, 1))
    late = datetime(2024, 2, 1, 23, 30, tzinfo=UTC)  # the second of February in Prague
    refuse(nct, "S01-002", late, "not-eligible", "ELIG-14", "ELIG-15")
    refuse(nct, "S01-003", late, "site-not-open", "ELIG-14")

    def reasons(cutoff: date) -> dict[str, float]:
        nct.publish(cutoff)
        rows = nct.rows("open", statistic="not_randomized")
        return {row["category"]: row["value"] for row in rows if row["value"]}

    assert reasons(date(2024, 2, 1)) == {None: 2, "screening": 2}
    assert reasons(CUTOFF) == {None: 2, "ELIG-14": 1, "screening": 1}
    assert nct.one("open", "registered")["value"] == 3


def test_the_diagram_is_served_pooled_to_readers_and_by_arm_to_the_committee(nct: Trial) -> None:
    nct.child("S01-001", "INO", date(2024, 1, 29))
    nct.publish(CUTOFF)
    pooled = nct.api.get("/figures/FLOW.svg", role="sponsor")
    assert (pooled.status_code, pooled.headers["Cache-Control"]) == (200, "private, no-cache")
    assert "Allocated, all arms together (n = 1)" in pooled.text
    closed = nct.api.get("/closed/figures/FLOW.svg", role="dmc")
    assert closed.headers["Cache-Control"] == "no-store"
    assert "Allocated to INO (n = 1)" in closed.text
    assert nct.api.get("/closed/figures/FLOW.svg", role="sponsor").status_code == 403


def test_time_on_study_of_single_subjects_is_for_the_committee_alone(nct: Trial) -> None:
    nct.child("S01-001", "INO", date(2024, 1, 29))
    nct.publish(CUTOFF)
    closed = nct.api.get("/closed/figures/SWIM_P1.svg", role="dmc")
    assert (closed.status_code, closed.headers["Cache-Control"]) == (200, "no-store")
    assert nct.api.get("/figures/SWIM_P1.svg", role="dmc").status_code == 404
    assert nct.api.get("/closed/figures/SWIM_P1.svg", role="sponsor").status_code == 403
    report = nct.api.get("/closed/reports/closed.html", role="dmc").text
    assert "Time on study of each subject" in report
    assert "Time on study" not in nct.api.get("/reports/open.html", role="dmc").text
    named = nct.api.get("/publication", role="sponsor").text
    assert "SWIM" not in named
