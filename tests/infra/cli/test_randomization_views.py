"""What the command line says of enrolment and of broken glass."""

from typing import Any

import pytest

from infra.cli.randomization_views import tell, tell_breaks

MONTH = {"month": "2026-03", "screened": 2, "randomized": 1, "cumulative": 1, "target": 34}
FOUND: dict[str, Any] = {
    "study": "T-1", "covers": "study", "planned": 100, "screened": 2, "randomized": 1,
    "in_error": 0, "sites": [], "strata": [], "months": [MONTH],
}  # fmt: skip


def test_the_whole_study_stands_beside_its_plan(capsys: pytest.CaptureFixture[str]) -> None:
    tell(FOUND)
    said = capsys.readouterr().out
    assert "T-1: 1 of 100 randomized, 2 screened" in said
    assert "Target" in said
    assert "34" in said


def test_the_caller_s_own_sites_are_named_so_and_stand_beside_no_plan(
    capsys: pytest.CaptureFixture[str],
) -> None:
    own = {"covers": "your-sites", "planned": None, "months": [MONTH | {"target": None}]}
    tell(FOUND | own)
    said = capsys.readouterr().out
    assert "T-1, your sites only: 1 randomized, 2 screened" in said
    for word in ("None", "Target", "of 100"):
        assert word not in said


def test_who_broke_the_glass_is_told_with_why_and_how_often_it_was_used(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_breaks([])
    assert capsys.readouterr().out == "Nobody broke the glass.\n"
    row = {
        "subject": "S01-001", "site": "S01", "broken_at": "2026-03-03T12:00:00Z",
        "broken_by": "monitor", "role": "medical_monitor", "category": "other", "reason": "Asked",
        "reads": 2,
    }  # fmt: skip
    tell_breaks([row])
    said = capsys.readouterr().out.replace("\n", "")
    for word in ("S01-001", "monitor", "other", "Asked", "2"):
        assert word in said
