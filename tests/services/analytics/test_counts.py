"""Postgres counts what a night derived: nothing more, nothing less, and all of it."""

import json
from collections.abc import Sequence
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.analytics import count_repository
from services.analytics import run as module
from services.analytics.domain.counted_times import count_times
from services.analytics.domain.observations import Count, Counts
from services.analytics.domain.plans import tasks_of
from services.analytics.domain.subjects import subjects_at_cutoff
from services.analytics.domain.tally import (
    Cell,
    CountKey,
    EndpointRecord,
    TallyIncomplete,
    causes_of,
    counts_by_level,
    counts_of,
)
from services.analytics.run import Outcome
from shared.clock import DatabaseClock
from shared.database.unit_of_work import Origin, begin
from shared.identity.principal import system
from tests.services.analytics.dated import FAR, cut, study_data
from tests.services.analytics.tally import tallied
from tests.services.analytics.test_odd_nights import NCT, separated
from tests.services.analytics.trial import FREIREICH, TODAY, YESTERDAY, Trial

ASKED = [CountKey("EFS", "ITT"), CountKey("EFS", "ITT", "sex"), CountKey("OS", "ITT")]
NAMES = st.sampled_from(["INO", "ALLR3", "é'\"\\{}", "a b", "\N{SNOWMAN}"])


@st.composite
def derived(draw: st.DrawFn) -> list[EndpointRecord]:
    """Records of some subjects; names are hostile, days are shared."""
    return [
        EndpointRecord(
            draw(st.sampled_from(["EFS", "OS"])), draw(st.sampled_from(["ITT", "SAF"])),
            f"S{number}", draw(NAMES), draw(NAMES), draw(st.integers(0, 4)),
            draw(st.integers(0, 2)), draw(st.dictionaries(st.just("sex"), NAMES)),
        )
        for number in range(draw(st.integers(0, 25)))
    ]  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(derived())
def test_counts_are_the_rows(empty: Trial, records: list[EndpointRecord]) -> None:
    run = empty.ask()
    origin = Origin(system("analytics", FREIREICH), FREIREICH, "test", DatabaseClock())
    with empty.engine.connect() as connection, begin(connection, origin) as work:
        attempt = count_repository.next_attempt(work, run)
        count_repository.store(work, run, attempt, records)
        found = count_repository.count(work, run, attempt, ASKED)
    assert [sorted(cells) for cells in found] == [sorted(c) for c in tallied(records, ASKED)]


def test_a_night_is_counted_from_rows_that_the_database_still_has(freireich: Trial) -> None:
    run = freireich.publish()
    stored = freireich.counted_rows(run)
    assert len(stored) == 42
    counted = freireich.database.rows(
        "SELECT arm, stratum, aval, count(*) FILTER (WHERE cause = 1),"
        " count(*) FILTER (WHERE cause = 0) FROM analytics.endpoint_time"
        " WHERE run_id = %s AND paramcd = 'REMDUR' AND population = 'ITT' GROUP BY 1, 2, 3",
        run,
    )
    cells: Any = [Count(str(a), str(s), float(str(t)), int(str(d)), int(str(c)))
                  for a, s, t, d, c in counted]  # fmt: skip
    row = freireich.one("closed", "median", group="6-MP", endpoint="REMDUR")
    assert row["inputs_hash"] == Counts.of(cells).inputs_hash
    key = freireich.kept(run)["closed", "observations.json"]
    told = json.loads(freireich.store.get(key))
    assert sorted((t["USUBJID"], t["AVAL"]) for t in told) == sorted((r[2], r[5]) for r in stored)


def test_a_repeat_after_a_crash_counts_its_own_rows_alone(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = trial.publish(YESTERDAY)
    run = trial.ask(YESTERDAY)
    with monkeypatch.context() as patched:
        patched.setattr(module, "keep", failing)
        with pytest.raises(MemoryError):
            trial.perform(run)
    assert trial.perform(run) is Outcome.PUBLISHED
    rows = trial.counted_rows(undisturbed)
    assert rows == trial.counted_rows(run, 1) == trial.counted_rows(run, 2)
    assert trial.stored_rows(run) == trial.stored_rows(undisturbed)


def failing(*_: Any) -> None:
    raise MemoryError


def test_a_row_that_is_hidden_from_the_counting_fails_the_run(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = trial.publish(YESTERDAY)
    run = trial.ask(TODAY)
    real = count_repository.count
    monkeypatch.setattr(count_repository, "count", lambda *asked: [c[1:] for c in real(*asked)])
    with pytest.raises(TallyIncomplete):
        trial.perform(run)
    assert trial.run(run)["failure"] == "counts-incomplete"
    assert trial.current() == old


@pytest.mark.parametrize("subgroup", [None, "sex"])
def test_a_row_that_is_missing_in_any_count_is_missed(subgroup: str | None) -> None:
    placed, records = zip(*separated(), strict=True)
    data = cut(NCT, study_data([each for own in records for each in own], placed), FAR)
    lost = CountKey("OS", "ITT", subgroup)

    def tally(records: Sequence[EndpointRecord], asked: Sequence[CountKey]) -> list[list[Cell]]:
        found = dict(zip(asked, tallied(records, asked), strict=True))
        return [cells[1:] if key == lost else cells for key, cells in found.items()]

    tasks, _ = tasks_of(NCT)
    with pytest.raises(TallyIncomplete, match=" ".join(filter(None, ("OS ITT", subgroup)))):
        count_times(NCT, tasks, subjects_at_cutoff(NCT, data), FAR, tally)


@pytest.mark.parametrize("change", ["UPDATE analytics.endpoint_time SET arm = 'INO'",
                                    "DELETE FROM analytics.endpoint_time"])  # fmt: skip
def test_what_was_counted_cannot_be_changed_afterwards(trial: Trial, change: str) -> None:
    trial.publish()
    with pytest.raises(psycopg.Error, match="append-only"), trial.writing().transaction():
        trial.writing().execute(change.encode())


CELLS = [Cell("f", "A", "s", 3, 2, 0, 1), Cell("f", "A", "s", 1, 0, 1, 0),
         Cell("m", "B", "s", 3, 1, 0, 0)]  # fmt: skip


def test_counts_and_causes_come_in_canonical_order_whatever_the_database_gives() -> None:
    for cells in (CELLS, CELLS[::-1]):
        assert counts_of(cells).cells == (
            Count("A", "s", 3.0, 2, 1), Count("B", "s", 3.0, 1, 0),
        )  # fmt: skip
        found = [(c.arm, c.time, c.cause, c.subjects) for c in causes_of(cells)]
        assert found == [("A", 1.0, 2, 1), ("A", 3.0, 0, 1), ("A", 3.0, 1, 2), ("B", 3.0, 1, 1)]
    by_level = counts_by_level(CELLS, ("m", "f", "x"))
    assert [(code, each.n) for code, each in by_level.items()] == [("m", 1), ("f", 3), ("x", 0)]
