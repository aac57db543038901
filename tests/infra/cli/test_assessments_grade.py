"""``induct assessments grade``: what a person or a script asks of the grader."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.assessments import app
from infra.cli.console import Refused

RANGES = """id = "l1"
version = "1.0.0"
title = "Ranges of L1"
[tables.ranges]
columns = [
  "analyte", "laboratory", "sex", "unit", "age_from", "age_to", "low", "high"
]
optional = ["age_from", "age_to"]
source = { kind = "assumed", note = "An example." }
rows = [
  { WHAT, sex = "any", age_to = "12", low = "115", high = "155" },
  { WHAT, sex = "F", age_from = "12", low = "120", high = "160" },
  { WHAT, sex = "M", age_from = "12", low = "130", high = "160" },
]
""".replace("WHAT", 'analyte = "hemoglobin", laboratory = "L1", unit = "g/L"')


def grade(*words: str) -> str:
    done = CliRunner().invoke(app, ["grade", *words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.stdout


def answer(*words: str) -> dict[str, object]:
    found = json.loads(grade(*words, "--json"))
    assert isinstance(found, dict)
    return found


def test_a_person_reads_the_grade_first_and_then_every_cut_point_tried() -> None:
    said = grade("--term", "ANC", "--value", "0.49", "--unit", "K/uL")
    assert said.startswith("Neutrophil count decreased, 0.49 K/uL: grade 4\n")
    assert "0.49 < 0.5 10*9/L" in said


def test_json_is_the_grade_with_its_trace_and_the_grades_of_the_term() -> None:
    words = ("--term", "bilirubin", "--value", "3.6", "--unit", "mg/dL", "--uln", "1.2")
    found = answer(*words, "--sex", "f", "--age", "7.5")
    assert (found["grade"], found["term"]) == (2, "Blood bilirubin increased")
    assert found["grades_of_term"] == [1, 2, 3, 4]
    assert (found["sex"], found["age"]) == ("F", "7.5")
    assert found["value"] == {
        "text": "3.6", "unit": "mg/dL", "canonical": "61.5744", "canonical_unit": "umol/L",
    }  # fmt: skip
    result = found["result"]
    assert isinstance(result, dict)
    assert [each["rule"] for each in result["tried"]] == ["grade_4", "grade_3", "grade_2"]


def test_without_the_limit_of_normal_the_answer_is_ne_and_no_failure() -> None:
    assert "NE (range_missing)" in grade("--term", "ALT", "--value", "20", "--unit", "U/L")
    assert answer("--term", "ALT", "--value", "20", "--unit", "U/L")["grade"] is None


def test_limits_and_baseline_may_have_units_of_their_own() -> None:
    words = ("--term", "creatinine", "--value", "1", "--unit", "mg/dL")
    limits = ("--uln", "60", "--limits-unit", "umol/L")
    baseline = ("--baseline", "44.201", "--baseline-unit", "umol/L")
    # 88.402 umol/L: 1.47 x the limit, exactly 2 x the baseline.
    assert answer(*words, *limits, *baseline)["grade"] == 2


def test_a_stated_circumstance_decides_what_would_be_assumed() -> None:
    words = ("--term", "Hypokalemia", "--value", "3.2", "--unit", "mmol/L", "--lln", "3.5")
    assert answer(*words)["grade"] == 2
    assert answer(*words, "--not-given", "symptomatic")["grade"] == 1


@pytest.mark.parametrize(
    ("sex", "age", "expected"), [("F", "14", 0), ("M", "14", 1), ("M", "5", 0)]
)
def test_the_limits_of_normal_are_found_by_sex_and_age(
    tmp_path: Path, sex: str, age: str, expected: int
) -> None:
    path = tmp_path / "ranges.toml"
    path.write_text(RANGES, encoding="utf-8")
    words = ("--term", "Anemia", "--value", "125", "--unit", "g/L", "--ranges", str(path))
    who = ("--laboratory", "L1", "--sex", sex, "--age", age, "--on", "2024-02-25")
    assert answer(*words, *who)["grade"] == expected


ANC = ["--term", "ANC", "--value", "1", "--unit", "10*9/L"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--term", "Anaemia", "--value", "1", "--unit", "g/L"], "Did you mean Anemia"),
        (
            ["--term", "Hemoglobin", "--value", "1", "--unit", "g/L"],
            "Did you mean Anemia or Hemoglobin increased",
        ),
        (["--term", "Alopecia", "--value", "1", "--unit", "1"], "its grades are 1, 2"),
        (["--term", "ANC", "--value", "1", "--unit", "furlong"], "unit_unknown"),
        (["--term", "ANC", "--value", "1", "--unit", "g/L"], "unit_incompatible"),
        (["--term", "ANC", "--value", "NaN", "--unit", "10*9/L"], "a number is decimal text"),
        ([*ANC, "--sex", "X"], "--sex is F or M"),
        ([*ANC, "--age", "old"], "--age is a number of years"),
        ([*ANC, "--age", "NaN"], "--age is a number of years"),
        ([*ANC, "--on", "2024-02"], "--on is a date"),
        ([*ANC, "--given", "asleep"], "No grade depends on asleep"),
        ([*ANC, "--given", "symptomatic", "--not-given", "symptomatic"], "hold and not hold"),
        ([*ANC, "--ranges", "absent.toml"], "give all four"),
        ([*ANC, "--ranges", "absent.toml", "--laboratory", "L1", "--sex", "F", "--age", "3",
          "--on", "2024-02-25"], "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_graded_is_refused_with_what_would_help(
    words: list[str], message: str
) -> None:
    with pytest.raises(Refused, match=message):
        grade(*words)
