"""The published answer of a published trial, from raw records to what a reader gets."""

import json
from datetime import UTC, date, datetime

import pytest

from tests.services.analytics.conftest import MakeTrial
from tests.services.analytics.replay import STARTED, status
from tests.services.analytics.trial import FREIREICH, TODAY, Trial

pytestmark = pytest.mark.long

# What a list of analysis-result rows must say of every number.
TOLD = {
    "endpoint", "population", "group", "contrast", "statistic", "value", "lower", "upper",
    "method", "convention", "cutoff", "inputs_hash",
}  # fmt: skip


@pytest.mark.proves("ANA-1", kind="oracle")
def test_the_replay_gives_the_published_medians_and_log_rank_chi_square(freireich: Trial) -> None:
    freireich.publish()
    for arm, weeks in (("6-MP", 23.0), ("control", 8.0)):
        row = freireich.one("closed", "median", group=arm)
        assert (row["value"], row["unit"], row["status"]) == (weeks, "weeks", "OK")
    plain = freireich.one("closed", "logrank_chi_square")
    assert plain["value"] == pytest.approx(16.7929409892, rel=1e-8)
    assert plain["contrast"] == "6-MP vs control"
    by_pair = freireich.one("closed", "stratified_logrank_chi_square")
    assert by_pair["value"] == pytest.approx(10.7142857143, rel=1e-8)
    assert all(row.keys() >= TOLD for row in freireich.rows("closed"))


def test_the_open_rows_are_of_all_42_children_together(freireich: Trial) -> None:
    freireich.publish()
    rows = freireich.rows("open")
    assert {(row["group"], row["contrast"], row["n"]) for row in rows} == {("pooled", None, 42)}
    assert freireich.one("open", "events")["value"] == 30.0
    assert freireich.one("open", "median")["value"] == 12.0


@pytest.mark.proves("C29", kind="positive")
@pytest.mark.drawn
def test_two_runs_on_the_same_data_give_the_same_bytes(freireich: Trial) -> None:
    first, second = freireich.publish(), freireich.publish()
    assert first != second
    assert freireich.stored_rows(first) == freireich.stored_rows(second)
    # A key is the hash of the content: rows, figures, both manifests.
    assert freireich.kept(first) == freireich.kept(second)
    assert {name for _, name in freireich.kept(first)} == {
        "REMDUR.svg", "FLOW.svg",
        "results_open.json", "results_closed.json",
        "observations.json", "populations.json", "manifest_open.json", "manifest_closed.json",
        "open.html", "open.pdf", "closed.html", "closed.pdf",
        "adds.json", "adds.ndjson", "adds.xpt", "adds.csv",
        "adsl.json", "adsl.ndjson", "adsl.xpt", "adsl.csv",
        "adtte.json", "adtte.ndjson", "adtte.xpt", "adtte.csv",
        "define.xml", "define.html",
    }  # fmt: skip
    hashes = [freireich.run(run)["inputs_hash"] for run in (first, second)]
    assert hashes[0] == hashes[1] is not None


def test_what_is_dated_after_the_cutoff_changes_nothing_but_the_same_record_before_it_does(
    freireich: Trial,
) -> None:
    cutoff = date(1960, 6, 30)
    before = freireich.publish(cutoff)
    status(freireich, "S01-01-A", date(1960, 7, 1), relapsed=True, repeat=2)
    after = freireich.publish(cutoff)
    assert freireich.kept(after) == freireich.kept(before)
    later = freireich.publish(date(1960, 7, 1))
    assert freireich.kept(later) != freireich.kept(before)


def test_a_correction_replaces_what_it_corrects(empty: Trial) -> None:
    empty.site()
    empty.child("S01-1", "6-MP", STARTED)
    record = status(empty, "S01-1", date(1960, 2, 1), relapsed=False)
    empty.publish()
    assert empty.one("open", "events")["value"] == 0.0
    seen = date(1960, 1, 25)
    items = {"status_date": seen.isoformat(), "relapsed": "true"}
    empty.correct(record, "S01-1", items, seen, version=2)
    run = empty.publish()
    assert empty.one("open", "events")["value"] == 1.0
    key = empty.kept(run)["closed", "observations.json"]
    (row,) = json.loads(empty.store.get(key))
    assert (row["ADT"], row["AVAL"], row["record_id"]) == ("1960-01-25", 21, str(record))


@pytest.mark.parametrize(("first", "corrected", "seen"), [(1, 3, 0.0), (3, 1, 1.0)])
def test_the_corrected_date_of_a_record_decides_whether_the_cutoff_lets_it_in(
    trial_of: MakeTrial, first: int, corrected: int, seen: float
) -> None:
    trial = trial_of(FREIREICH)
    trial.site()
    trial.child("S01-1", "6-MP", STARTED)
    record = status(trial, "S01-1", date(1960, first, 20), relapsed=True)
    moved = date(1960, corrected, 20)
    trial.correct(record, "S01-1", {"status_date": moved.isoformat()}, moved, version=2)
    trial.publish(date(1960, 2, 15))
    assert trial.one("open", "events")["value"] == seen


def test_a_child_is_counted_from_the_day_it_was_at_its_site_when_randomized(empty: Trial) -> None:
    empty.site("S01", "Pacific/Auckland")
    empty.child("S01-1", "6-MP", datetime(1960, 1, 4, 20, tzinfo=UTC))  # the 5th in Auckland
    status(empty, "S01-1", date(1960, 1, 12), relapsed=True)
    run = empty.publish()
    (row,) = json.loads(empty.store.get(empty.kept(run)["closed", "observations.json"]))
    assert (row["STARTDT"], row["AVAL"]) == ("1960-01-05", 7)


@pytest.mark.proves("C29", kind="positive")
def test_a_run_says_what_it_was_made_of(freireich: Trial) -> None:
    run = freireich.run(freireich.publish())
    assert run["state"] == "published"
    assert (run["cutoff"], run["definition_version"]) == (TODAY.isoformat(), "1.0.0")
    assert run["code_version"]
    assert run["failure"] is None
