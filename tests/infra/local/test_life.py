"""Starting, stopping, and dying of a stack."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.postgres import Cluster
from tests.infra.local.stack import Stack, eventually

STUDY = "freireich-1963"

pytestmark = pytest.mark.xdist_group("stack")


def test_ctrl_c_stops_it_cleanly_and_its_data_are_there_again(
    make_stack: Callable[[], Stack],
) -> None:
    stack = make_stack()
    said = stack.start()
    assert stack.home.url in said
    assert "induct token" in said
    answer = stack.call("GET", _sites(), role="admin", study="NCT05748171")
    code, words = stack.interrupt()
    assert code == 0, words
    assert "Traceback" not in words
    stack.start()
    assert stack.call("GET", _sites(), role="admin", study="NCT05748171").json() == answer.json()


def test_a_service_manager_stops_it_as_cleanly(make_stack: Callable[[], Stack]) -> None:
    stack = make_stack()
    stack.start()
    code, words = stack.terminate()
    assert code == 0, words
    assert "Everything that was acknowledged is kept" in words
    assert not Cluster(stack.home.postgres).is_alive()


def test_a_second_one_on_the_same_port_is_told_what_to_do(stack: Stack) -> None:
    code, said = stack.run("run")
    assert code == 1
    assert "is taken" in said
    assert "Traceback" not in said


def test_a_demo_cut_by_kill_9_ends_as_if_nothing_had_happened(
    make_stack: Callable[[], Stack], tmp_path: Path
) -> None:
    undisturbed, killed = make_stack(), make_stack()
    undisturbed.start()
    assert undisturbed.run("demo", "--study", STUDY, "--out", str(tmp_path / "a"))[0] == 0
    undisturbed.interrupt()

    killed.start()
    demo = killed.command("demo", "--study", STUDY, "--out", str(tmp_path / "b"))
    enrolled = f"/randomization/v1/studies/{STUDY}/enrolment"

    def some_are_in() -> bool:
        found = killed.call("GET", enrolled, role="admin", study=STUDY).json()
        return bool(found["randomized"] >= 10)

    eventually(some_are_in)
    killed.kill()
    demo.kill()
    demo.communicate()
    killed.start()
    code, said = killed.run("demo", "--study", STUDY, "--out", str(tmp_path / "b"))
    assert code == 0, said
    assert _results(tmp_path / "b") == _results(tmp_path / "a")
    assert killed.run("audit", "verify")[0] == 0


def test_the_replay_gives_the_published_answer(
    make_stack: Callable[[], Stack], tmp_path: Path
) -> None:
    stack = make_stack()
    stack.start()
    code, said = stack.run("demo", "--study", STUDY, "--out", str(tmp_path))
    assert code == 0, said
    rows = _results(tmp_path)
    medians = {r["group"]: r["value"] for r in rows if r["statistic"] == "median"}
    assert (medians["6-MP"], medians["control"]) == (23, 8)
    (chi_square,) = (r["value"] for r in rows if r["statistic"] == "logrank_chi_square")
    assert chi_square == pytest.approx(16.7929409892, rel=1e-9)
    needed = {"endpoint", "population", "group", "contrast", "statistic", "value", "lower",
              "upper", "method", "convention", "cutoff", "inputs_hash"}  # fmt: skip
    assert all(needed <= row.keys() for row in rows)


def _results(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "results.json").read_text())
    return found


def _sites() -> str:
    return "/randomization/v1/studies/NCT05748171/sites"
