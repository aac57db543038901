"""Killed anywhere, a run leaves the last publication as it was, and a repeat completes it."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from services.analytics import run as module
from services.analytics import run_repository
from services.analytics.run import Outcome
from shared.database.engine import blocking_engine
from tests.services.analytics.trial import TODAY, YESTERDAY, Trial

STAGES = ("claim", "read", "store_and_count", "compute", "keep", "publish_run")


class Killed(BaseException):
    """The process ends: nothing of the program runs after this."""


def dying(real: Callable[..., Any], moment: str) -> Callable[..., Any]:
    def die(*arguments: Any, **named: Any) -> Any:
        if moment == "after":
            real(*arguments, **named)
        raise Killed

    return die


@pytest.mark.proves("ANA-2", kind="fault")
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
    # A session that was closed ends a moment later.
    ends = time.monotonic() + 10
    while held(trial) and time.monotonic() < ends:
        time.sleep(0.02)
    assert not held(trial)


def held(trial: Trial) -> list[tuple[object, ...]]:
    return trial.database.rows(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )


def test_a_process_that_is_killed_while_it_computes_holds_up_nobody(trial: Trial) -> None:
    old = trial.publish(YESTERDAY)
    run = trial.ask(TODAY)
    url, store = trial.database.url("induct_analytics"), trial.store
    child = os.fork()  # Starting anew would only import everything once more.
    if child == 0:
        try:
            module.compute = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]
            module.perform(blocking_engine(url, pool_size=1), trial.study, run, store, None)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert trial.run(run)["state"] == "running"
    assert trial.current() == old
    assert trial.perform(run) is Outcome.PUBLISHED
