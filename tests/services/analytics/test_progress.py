"""The log of a run, and its manifests."""

import json
from datetime import date

import pytest

from tests.services.analytics.trial import Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")


def stages(trial: Trial, run: str, role: str = "sponsor") -> list[tuple[str, str]]:
    found = trial.api.get(f"/runs/{run}/progress", role=role)
    assert found.status_code == 200, found.text
    return [(each["stage"], each["words"]) for each in found.json()["items"]]


def test_a_run_tells_what_it_read_computed_and_published_and_no_arm(trial: Trial) -> None:
    run = trial.ask()
    assert stages(trial, run) == []
    trial.perform(run)
    told = dict(stages(trial, run))
    assert list(told) == ["reading", "computing", "keeping", "published"]
    assert told["computing"].startswith("4 registered and 4 randomized subjects, definition 1.0.0")
    assert "by lifelines" in told["keeping"]
    assert "Kaplan-Meier" not in told["keeping"], (
        "which quantities were compared tells of events by arm"
    )
    manifest = trial.api.get(f"/runs/{run}/manifest", role="sponsor")
    assert manifest.headers["etag"].strip('"') in told["published"]
    assert not any(arm in words for arm in ("6-MP", "control") for words in told.values())


def test_a_run_that_failed_tells_why_and_one_tried_again_goes_on(trial: Trial) -> None:
    trial.child("S01-9", "no such arm", date(1960, 1, 4))
    run = trial.ask()
    for _ in range(2):
        with pytest.raises(ValueError, match="unknown arm"):
            trial.perform(run)
    assert [stage for stage, _ in stages(trial, run)] == ["reading", "computing", "failed"] * 2
    assert stages(trial, run)[2] == ("failed", "data-refused.")


def test_of_a_run_that_is_not_there_there_is_no_log(trial: Trial) -> None:
    path = "/runs/00000000-0000-4000-8000-000000000000/progress"
    assert trial.api.get(path, role="statistician").status_code == 404


def test_the_manifests_of_a_run_are_read_by_its_id_and_the_closed_one_by_the_unblinded(
    trial: Trial,
) -> None:
    run = trial.publish()
    kept = trial.kept(run)
    of = {"open": (f"/runs/{run}/manifest", "sponsor"),
          "closed": (f"/closed/runs/{run}/manifest", "dmc")}  # fmt: skip
    for output_class, (path, role) in of.items():
        found = trial.api.get(path, role=role)
        name = f"manifest_{output_class}.json"
        assert found.json() == json.loads(trial.store.get(kept[output_class, name]))
        assert found.headers["etag"].strip('"') == kept[output_class, name][-64:]
    assert trial.api.get(f"/closed/runs/{run}/manifest", role="sponsor").status_code == 403
    waiting = trial.ask()
    assert trial.api.get(f"/runs/{waiting}/manifest", role="sponsor").status_code == 404
