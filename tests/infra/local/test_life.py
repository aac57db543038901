"""Starting, stopping, and dying of a stack."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.postgres import Cluster
from tests.infra.local.stack import Stack, started, temporary
from tests.infra.scenario import eventually

STUDY = "freireich-1963"

ASKED = (
    ("NCT05748171", "/randomization/v1/studies/NCT05748171/sites"),
    (STUDY, f"/randomization/v1/studies/{STUDY}/enrolment"),
)

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def replayed(package_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the folder's stack, which nobody disturbed, put the results of a demo."""
    out = tmp_path_factory.mktemp("undisturbed")
    code, said = started(package_stack).run_apart("demo", "--study", STUDY, "--out", str(out))
    assert code == 0, said
    return out


def test_the_replay_gives_the_published_answer(replayed: Path) -> None:
    rows = _results(replayed)
    medians = {r["group"]: r["value"] for r in rows if r["statistic"] == "median"}
    assert (medians["6-MP"], medians["control"]) == (23, 8)
    (chi_square,) = (r["value"] for r in rows if r["statistic"] == "logrank_chi_square")
    assert chi_square == pytest.approx(16.7929409892, rel=1e-9)
    needed = {"endpoint", "population", "group", "contrast", "statistic", "value", "lower",
              "upper", "method", "convention", "cutoff", "inputs_hash"}  # fmt: skip
    assert all(needed <= row.keys() for row in rows)


@pytest.fixture(scope="module")
def killed() -> Iterator[Stack]:
    """A stack of this file alone, not started yet."""
    with temporary() as made:
        yield made


def test_a_demo_cut_by_kill_9_ends_as_if_nothing_had_happened(
    replayed: Path, killed: Stack, tmp_path: Path
) -> None:
    killed.start()
    demo = killed.command("demo", "--study", STUDY, "--out", str(tmp_path))
    enrolled = f"/randomization/v1/studies/{STUDY}/enrolment"

    def some_are_in() -> bool:
        found = killed.call("GET", enrolled, role="admin", study=STUDY).json()
        return bool(found["randomized"] >= 10)

    eventually(some_are_in)
    killed.kill()
    demo.kill()
    demo.communicate()
    killed.start()
    code, said = killed.run_apart("demo", "--study", STUDY, "--out", str(tmp_path))
    assert code == 0, said
    assert _results(tmp_path) == _results(replayed)
    assert killed.run("audit", "verify")[0] == 0


def test_a_service_manager_stops_it_as_cleanly(killed: Stack) -> None:
    code, words = started(killed).terminate()
    assert code == 0, words
    assert "Everything that was acknowledged is kept" in words
    assert not Cluster(killed.home.postgres).is_alive()


def test_a_second_one_on_the_same_port_is_told_what_to_do(stack: Stack) -> None:
    code, said = stack.run_apart("run")
    assert code == 1
    assert "is taken" in said
    assert "Traceback" not in said


def test_ctrl_c_stops_it_cleanly_and_its_data_are_there_again(stack: Stack, replayed: Path) -> None:
    before = _told(stack)
    code, words = stack.interrupt()
    assert code == 0, words
    assert "Traceback" not in words
    said = stack.start()
    assert stack.home.url in said
    assert "induct token" in said
    assert _told(stack) == before
    assert before[1]["randomized"] == 42


def _results(folder: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((folder / "results.json").read_text())
    return found


def _told(stack: Stack) -> list[dict[str, object]]:
    """What the service tells of both studies, but for the time it was asked at."""
    answers = [stack.call("GET", path, role="admin", study=study) for study, path in ASKED]
    assert [answer.status_code for answer in answers] == [200, 200]
    return [{k: v for k, v in answer.json().items() if k != "as_of"} for answer in answers]
