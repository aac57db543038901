"""Killed anywhere, a run leaves the last publication as it was, and a repeat completes it."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from services.analytics import run as module
from services.analytics import run_repository
from services.analytics.run import Outcome
from tests.services.analytics.trial import TODAY, YESTERDAY, Trial

STAGES = ("claim", "read", "compute", "keep", "publish_run")


class Killed(BaseException):
    """The process ends: nothing of the program runs after this."""


def dying(real: Callable[..., Any], moment: str) -> Callable[..., Any]:
    def die(*arguments: Any, **named: Any) -> Any:
        if moment == "after":
            real(*arguments, **named)
        raise Killed

    return die


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_killed_at_any_stage_yesterdays_publication_stays_and_a_repeat_completes(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, stage: str, moment: str
) -> None:
    old = trial.publish(YESTERDAY)
    run = trial.ask(TODAY)
    with monkeypatch.context() as patched:
        patched.setattr(module, stage, dying(getattr(module, stage), moment))
        with pytest.raises(Killed):
            trial.perform(run)
    done = (stage, moment) == ("publish_run", "after")
    assert trial.current() == (run if done else old)
    assert trial.perform(run) is (Outcome.KNOWN if done else Outcome.PUBLISHED)
    assert trial.current() == run
    assert trial.run(run)["state"] == "published"


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (run_repository, "hold_run"),
        (run_repository, "published_run"),
        (run_repository, "add_rows"),
        (run_repository, "add_artefacts"),
        (run_repository, "finish_run"),
        (module, "publish"),
    ],
)
def test_killed_after_any_write_of_the_publication_nothing_of_it_is_seen(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, place: Any, name: str
) -> None:
    old = trial.publish(YESTERDAY)
    run = trial.ask(TODAY)
    real = module.publish_run

    def publishing(*arguments: Any) -> Any:
        with monkeypatch.context() as patched:
            patched.setattr(place, name, dying(getattr(place, name), "after"))
            return real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(module, "publish_run", publishing)
        with pytest.raises(Killed):
            trial.perform(run)
    assert trial.current() == old
    assert trial.stored_rows(run) == []
    assert trial.run(run)["state"] == "running"
    assert trial.perform(run) is Outcome.PUBLISHED


def test_a_crash_leaves_no_lock_behind(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: Any) -> None:
        raise Killed

    run = trial.ask(TODAY)
    with monkeypatch.context() as patched:
        patched.setattr(module, "compute", killed)
        with pytest.raises(Killed):
            trial.perform(run)
    held = trial.database.rows(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    assert held == [(0,)]


def test_a_process_that_is_killed_while_it_computes_holds_up_nobody(trial: Trial) -> None:
    old = trial.publish(YESTERDAY)
    run = trial.ask(TODAY)
    code = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from services.analytics import run\n"
        "from shared.artefacts import DirectoryStore\n"
        "from shared.database.engine import blocking_engine\n"
        "run.compute = lambda *_: os.kill(os.getpid(), 9)\n"
        "url, study, asked, folder = sys.argv[1:]\n"
        "run.perform(blocking_engine(url, pool_size=1), study, asked, DirectoryStore(Path(folder)))"
    )
    url = trial.database.url("induct_analytics")
    done = subprocess.run(
        [sys.executable, "-c", code, url, trial.study, run, "unused"], check=False
    )
    assert done.returncode == -9
    assert trial.run(run)["state"] == "running"
    assert trial.current() == old
    assert trial.perform(run) is Outcome.PUBLISHED
