"""Nothing that is open names an arm, or could be computed back to one."""

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from services.analytics import night_files
from tests.services.analytics.trial import FREIREICH, NCT, Trial

pytestmark = [pytest.mark.drawn, pytest.mark.long]


@pytest.fixture(autouse=True)
def what_is_read_alone(monkeypatch: pytest.MonkeyPatch, drawn_quickly: None) -> None:
    """No paper: it is set from the very outline that the page shows."""
    monkeypatch.setattr(night_files, "paper", lambda _report: b"%PDF")


def words_of_arms(study: str) -> re.Pattern[str]:
    """The codes of a study's arms, and what else would name one."""
    return {
        FREIREICH: re.compile(r"6-MP|mercaptopurine|(?<!-)\bcontrol\b|placebo", re.IGNORECASE),
        NCT: re.compile(r"(?<![a-z])INO(?![a-z])|ALLR3"),
    }[study]


def open_texts(trial: Trial, run: str) -> dict[str, str]:
    """Everything readable that is open: files, answers, and what the bus and the log tell."""
    texts = {
        name: trial.store.get(key).decode("latin-1" if name.endswith(".xpt") else "utf-8")
        for (output_class, name), key in trial.kept(run).items()
        if output_class == "open" and not name.endswith(".pdf")
    }
    figures = [name for name in texts if name.endswith(".svg")]
    for path in ("/results?limit=200", "/publication", f"/runs/{run}",
                 *(f"/figures/{name}" for name in figures)):  # fmt: skip
        answer = trial.api.get(path, role="sponsor")
        assert answer.status_code == 200, path
        texts[path] = answer.text + json.dumps(dict(answer.headers.items()))
    told = trial.database.rows(
        "SELECT envelope::text FROM platform.outbox WHERE type LIKE 'run.%%'"
    )
    texts["bus"] = json.dumps(told)
    return texts


def by_arm(trial: Trial) -> str:
    """What must not be found: enough of it to know that the search works."""
    return trial.api.get("/closed/results", role="dmc", params={"limit": 200}).text


@pytest.mark.proves("ANA-3", kind="negative")
def test_no_open_file_answer_event_or_log_names_an_arm(freireich: Trial, log_lines: Any) -> None:
    run = freireich.publish()
    texts = open_texts(freireich, run) | {"log": log_lines.getvalue()}
    pattern = words_of_arms(FREIREICH)
    assert {name: pattern.findall(content) for name, content in texts.items()
            if pattern.search(content)} == {}  # fmt: skip
    assert pattern.search(by_arm(freireich))
    assert {"REMDUR.svg", "FLOW.svg", "open.html"} <= texts.keys()


def test_no_open_file_of_the_shipped_trial_names_an_arm_or_its_block_sizes(nct: Trial) -> None:
    for number in range(6):
        subject, arm = f"S01-{number:03}", "INO" if number % 3 else "ALLR3"
        randomized = date(2024, 1, 29) + timedelta(days=number)
        nct.child(subject, arm, randomized)
        died = (randomized + timedelta(days=100 * number + 9)).isoformat()
        items = {"contact_date": died, "status": "DEAD", "death_date": died}
        nct.record(subject, "survival_status", items, date.fromisoformat(died), visit="FU12")
    run = nct.publish(date(2026, 6, 30))
    texts = open_texts(nct, run)
    pattern = words_of_arms(NCT)
    assert {name: pattern.findall(content) for name, content in texts.items()
            if pattern.search(content)} == {}  # fmt: skip
    assert not any("block_sizes" in content for content in texts.values())
    assert pattern.search(by_arm(nct))
    manifest = json.loads(texts["manifest_open.json"])
    assert manifest["assumed_values_in_closed_manifest"] > 0


@pytest.mark.proves("ANA-3", kind="oracle")
@pytest.mark.usefixtures("drawn_quickly")
def test_swapping_the_arms_changes_nothing_that_is_open(empty: Trial) -> None:
    empty.site()
    for number in range(4):
        subject = empty.child(f"S01-{number}", ("6-MP", "control")[number % 2], date(1960, 1, 4))
        seen = date(1960, 2, 1 + number)
        items = {"status_date": seen.isoformat(), "relapsed": "true"}
        empty.record(subject, "remission_status", items, seen)
    before = empty.publish()
    with empty.writing().transaction():
        empty.writing().execute("ALTER TABLE randomization.allocation DISABLE TRIGGER append_only")
        empty.writing().execute(
            "UPDATE randomization.allocation"
            " SET arm = CASE arm WHEN 'control' THEN '6-MP' ELSE 'control' END"
        )
        empty.writing().execute("ALTER TABLE randomization.allocation ENABLE TRIGGER append_only")
    after = empty.publish()
    for output_class, same in (("open", True), ("closed", False)):
        kept = [
            {name: key for (each, name), key in empty.kept(run).items() if each == output_class}
            for run in (before, after)
        ]
        assert (kept[0] == kept[1]) is same
    assert empty.run(before)["inputs_hash"] == empty.run(after)["inputs_hash"]
