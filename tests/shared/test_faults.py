"""Points of failure are inert: they are alive where a test asks for it in a sandbox, only there."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from shared.faults import ON_LAMBDA, VARIABLE, FaultInjected, Plan, Point, read_plan
from tests.support.places import ROOT

WORKING = ("infra", "services", "shared")


def settings(report: Path, seed: str = "1", activated: float = 1, fired: float = 1) -> str:
    told = {"seed": seed, "activated": activated, "fired": fired, "report": str(report)}
    return json.dumps(told)


def course(report: Path, seed: str, passes: int = 40) -> list[str]:
    """What a plan lets happen at its points: killing itself is left out."""
    plan = Plan(json.loads(settings(report, seed, 0.5, 0.3)))
    happened = []
    for number in range(passes):
        name = get_args(Point)[number % len(get_args(Point))]
        if plan.way_of(name) == "raise":
            try:
                plan.pass_through(name)
            except FaultInjected:
                happened.append(f"{number} {name}")
    return happened


def test_without_the_variable_there_is_no_plan(tmp_path: Path) -> None:
    sandbox = {"INDUCT_SANDBOX": "1"}
    assert read_plan(sandbox) is None
    assert read_plan(sandbox | {VARIABLE: ""}) is None
    assert read_plan(sandbox | {VARIABLE: settings(tmp_path / "report")}) is not None


NO_PLACE = [
    *({name: "x", "INDUCT_SANDBOX": "1"} for name in ON_LAMBDA),
    {},
    {"INDUCT_SANDBOX": "0"},
]


@pytest.mark.parametrize("where", NO_PLACE)
def test_on_lambda_and_outside_a_sandbox_it_is_refused_with_an_alarm(
    where: dict[str, str], tmp_path: Path, log_lines: io.StringIO
) -> None:
    assert read_plan(where | {VARIABLE: settings(tmp_path / "report")}) is None
    (line,) = map(json.loads, log_lines.getvalue().splitlines())
    assert line["level"] == "error"


def test_a_seed_repeats_itself_and_another_does_something_else(tmp_path: Path) -> None:
    seeds = [str(number) for number in range(12)]
    first, again = ([course(tmp_path / "r", seed) for seed in seeds] for _ in range(2))
    assert first == again
    assert len({tuple(each) for each in first}) > len(seeds) / 2


def test_a_fault_is_written_down_before_it_is_made(tmp_path: Path) -> None:
    report = tmp_path / "report"
    plans = [Plan(json.loads(settings(report, str(seed)))) for seed in range(50)]
    plan = next(each for each in plans if each.way_of("after commit") == "raise")
    with pytest.raises(FaultInjected):
        plan.pass_through("after commit")
    assert json.loads(report.read_text()) == {"fault": "point: after commit", "way": "raise"}


def test_a_process_can_be_killed_at_a_point(tmp_path: Path) -> None:
    report = tmp_path / "report"
    plans = {str(seed): Plan(json.loads(settings(report, str(seed)))) for seed in range(50)}
    seed = next(seed for seed, plan in plans.items() if plan.way_of("before commit") == "kill")
    script = "from shared.faults import point; point('before commit'); print('alive')"
    environment = {VARIABLE: settings(report, seed), "INDUCT_SANDBOX": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout) == (-9, "")
    assert json.loads(report.read_text())["way"] == "kill"


def test_every_point_stands_in_the_code_once() -> None:
    found = [
        name
        for folder in WORKING
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'faults\.point\("([^"]+)"\)', file.read_text(encoding="utf-8"))
    ]
    assert sorted(found) == sorted(get_args(Point))
