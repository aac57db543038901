"""The past stays as it was, whatever is entered and corrected later."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.services.assessments.support import COUNTS, Trial
from tests.support.examples import examples

TICK = timedelta(microseconds=1)
ENTER = st.tuples(st.just("enter"), st.sampled_from(["0.5", "1.0", "1.00"]))
CORRECT = st.tuples(
    st.integers(0, 3),
    st.dictionaries(
        st.sampled_from(["neutrophils", "platelets", "leukocytes"]),
        st.sampled_from(["0.5", "1.0", "1.00", None]),
        min_size=1,
    ),
)
_numbers = itertools.count(1)


@pytest.mark.proves("C24", kind="property")
@examples(0.6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(ENTER | CORRECT, min_size=1, max_size=6))
def test_every_past_instant_is_read_alike_for_ever(trial: Trial, steps: list[Any]) -> None:
    subject = trial.enrol(f"S01-{next(_numbers)}")
    records: list[dict[str, Any]] = []
    state: dict[str, dict[str, str]] = {}
    pasts: list[tuple[datetime, dict[str, Any]]] = []
    for what, sent in steps:
        if what == "enter":
            items = COUNTS | {"neutrophils": sent}
            made = trial.record(
                "blood_count", items, subject, visit="C1D28", repeat=len(records) + 1
            )
            records.append(made.json())
            state[made.json()["record_id"]] = items
        elif records:
            index = what % len(records)
            made = trial.correct(records[index], sent)
            records[index] = made.json()
            items = state[records[index]["record_id"]] | sent
            state[records[index]["record_id"]] = {k: v for k, v in items.items() if v is not None}
        else:
            continue
        assert made.status_code in {200, 201}
        instant = max(datetime.fromisoformat(record["recorded_at"]) for record in records)
        then = _read(trial, subject, instant)
        assert _values(then) == state
        pasts += [(instant, then), (instant - TICK, _read(trial, subject, instant - TICK))]
    for past, answered in pasts:
        assert _read(trial, subject, past) == answered
    by_time = sorted(pasts, key=lambda past: past[0])
    positions = [answered["as_of_position"] for _, answered in by_time]
    assert positions == sorted(positions)


def _read(trial: Trial, subject: str, instant: datetime) -> dict[str, Any]:
    answer = trial.api.get(
        f"/subjects/{subject}/assessments", params={"as_of": instant.isoformat()}
    )
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def _values(page: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {r["record_id"]: r["items"] for r in page["items"] if r["form"] == "blood_count"}
