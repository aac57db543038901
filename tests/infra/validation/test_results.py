"""Results of tests belong to one commit; whatever failed is never a proof."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from infra.validation import results
from infra.validation.results import Commit, Results, ResultsError, of_this_commit
from tests.support.results import ResultsFile

HERE = Commit("a" * 40, dirty=False)
RAN = Results(HERE, "2026-11-29T12:00:00+00:00", {"python": "3.11"}, {})


def report(
    nodeid: str, outcome: Literal["passed", "failed", "skipped"], when: Any = "call"
) -> pytest.TestReport:
    return pytest.TestReport(nodeid, ("f", 1, "t"), {}, outcome, None, when)


def test_a_test_ended_as_the_worst_of_its_cases_and_of_their_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results, "commit_here", lambda: HERE)
    listening = ResultsFile(tmp_path / "build" / "results.json")
    for nodeid in ("t::passes[1]", "t::passes[2]", "t::broken[1]"):
        listening.pytest_runtest_logreport(report(nodeid, "passed", "setup"))
        listening.pytest_runtest_logreport(report(nodeid, "passed"))
    listening.pytest_runtest_logreport(report("t::broken[2]", "failed"))
    listening.pytest_runtest_logreport(report("t::no_set_up", "failed", "setup"))
    listening.pytest_runtest_logreport(report("t::torn_down", "passed"))
    listening.pytest_runtest_logreport(report("t::torn_down", "failed", "teardown"))
    listening.pytest_runtest_logreport(report("t::left_out", "skipped", "setup"))
    listening.pytest_sessionfinish()
    read = results.read(listening.file)
    assert read.commit == HERE
    assert datetime.fromisoformat(read.finished_at) <= datetime.now(UTC)
    assert {"induct", "python", "psycopg"} <= read.versions.keys()
    assert {test: read.outcome(test) for test in read.outcomes} == {
        "t::passes": "passed", "t::broken": "failed", "t::no_set_up": "failed",
        "t::torn_down": "failed", "t::left_out": "skipped",
    }  # fmt: skip
    assert read.outcome("t::never") is None


@pytest.mark.proves("C17", kind="negative")
def test_results_of_another_commit_or_of_changes_are_refused() -> None:
    assert of_this_commit(RAN, HERE) is RAN
    dirty = replace(HERE, dirty=True)
    for ran, here in ((RAN, replace(HERE, id="b" * 40)), (RAN, dirty), (replace(RAN, commit=dirty),
                      HERE)):  # fmt: skip
        with pytest.raises(ResultsError):
            of_this_commit(ran, here)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"commit": 1}', json.dumps({"outcomes": {}})])
def test_a_file_that_holds_no_results_is_told(tmp_path: Path, content: str) -> None:
    file = tmp_path / "results.json"
    with pytest.raises(ResultsError, match="no tests have run"):
        results.read(file)
    file.write_text(content)
    with pytest.raises(ResultsError, match="no results"):
        results.read(file)
