"""A run that fails says so, to everybody its kind, to few its words."""

from typing import Any

import pytest

from services.analytics import run as module
from services.analytics.run import Outcome
from shared.artefacts import ArtefactError, DirectoryStore
from tests.services.analytics.replay import STARTED
from tests.services.analytics.trial import TODAY, YESTERDAY, Trial


def test_a_run_that_fails_says_so_keeps_the_old_publication_and_marks_it_stale(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = trial.publish(YESTERDAY)
    run = trial.ask(TODAY)

    def full(*_: Any) -> str:
        raise ArtefactError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(DirectoryStore, "put", full)
        with pytest.raises(ArtefactError):
            trial.perform(run)
    found = trial.run(run)
    assert (found["state"], found["failure"]) == ("failed", "artefacts-unavailable")
    page = trial.api.get("/results", role="sponsor").json()
    assert (page["run_id"], page["stale"]) == (old, True)
    assert page["cutoff"] == YESTERDAY.isoformat()
    publication = trial.api.get("/publication", role="sponsor").json()
    assert (publication["stale"], publication["newer_run"]["run_id"]) == (True, run)
    assert trial.perform(run) is Outcome.PUBLISHED
    page = trial.api.get("/results", role="sponsor").json()
    assert (page["run_id"], page["stale"]) == (run, False)


def test_bad_data_fail_the_run_naming_the_subject_to_those_only_who_may_know(trial: Trial) -> None:
    trial.child("S01-9", "no such arm", STARTED)
    run = trial.ask(TODAY)
    with pytest.raises(ValueError, match="unknown arm"):
        trial.perform(run)
    answer = trial.api.get(f"/runs/{run}", role="sponsor")
    assert answer.json()["failure"] == "data-refused"
    assert "S01-9" not in answer.text
    (detail,) = trial.database.rows("SELECT detail FROM analytics.fault WHERE run_id = %s", run)
    assert detail == ("subject S01-9: unknown arm 'no such arm'",)
    assert trial.current() is None


def test_the_log_of_a_failure_tells_its_kind_and_no_subject(trial: Trial, log_lines: Any) -> None:
    trial.child("S01-9", "no such arm", STARTED)
    with pytest.raises(ValueError, match="unknown arm"):
        trial.perform(trial.ask(TODAY))
    assert "data-refused" in log_lines.getvalue()
    assert "S01-9" not in log_lines.getvalue()


def test_an_error_of_a_library_is_kept_without_its_words(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("S01-1 is in arm 6-MP")

    monkeypatch.setattr(module, "compute", broken)
    run = trial.ask(TODAY)
    with pytest.raises(KeyError):
        trial.perform(run)
    rows = trial.database.rows("SELECT kind, detail FROM analytics.fault WHERE run_id = %s", run)
    assert rows == [("internal", "KeyError in broken")]


def test_a_failed_look_at_an_earlier_cutoff_does_not_make_the_publication_stale(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial.publish(TODAY)

    def broken(*_: Any) -> None:
        raise KeyError

    monkeypatch.setattr(module, "compute", broken)
    run = trial.ask(YESTERDAY)
    with pytest.raises(KeyError):
        trial.perform(run)
    publication = trial.api.get("/publication", role="sponsor").json()
    assert (publication["stale"], publication["newer_run"]["state"]) == (False, "failed")
