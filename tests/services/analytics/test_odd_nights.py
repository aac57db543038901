"""Nights of odd data publish states, never a number that is none, and never fail."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest

from services.analytics.analysis import Computed, compute
from services.analytics.domain.cutoff import cut
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.study_data import Allocated, KeptRecord
from services.analytics.published_rows import result_id
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    alive,
    allocated,
    dead,
    dose,
    kept,
    recovery,
    relapse,
    response,
    study_data,
    transplant,
)
from tests.services.analytics.tally import tallied
from tests.services.analytics.test_subgroups import undrawn
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
ARMS = ("INO", "ALLR3")
Child = tuple[Allocated, list[KeptRecord]]


def product(arm: str) -> KeptRecord:
    first = dose(DAY0)
    code = "INO" if arm == "INO" else "DEX"
    return replace(first, items={**first.items, "product": code})


def child(number: int, arm: str, *records: KeptRecord, dosed: bool = True) -> Child:
    subject = f"S01-{number:03}"
    stratum = f"age_group={'lt10' if number % 2 else 'ge10'};first_remission=lt24m"
    told = [kept("demographics", {"sex": "F" if number % 3 else "M"}, visit="SCR"), *records]
    if dosed:
        told.append(product(arm))
    placed = replace(allocated(subject, arm), stratum=stratum)
    return placed, [replace(each, subject=subject) for each in told]


def later(days: int) -> date:
    return DAY0 + timedelta(days=days)


def respond(number: int) -> list[KeptRecord]:
    negative = {
        "sample_id": "1", "sample_date": later(28).isoformat(), "method": "RQPCR",
        "assay_valid": "true", "kind": "NEG", "sensitivity": "0.00001",
    }  # fmt: skip
    return [response(later(27)), recovery(later(28)), kept("mrd", negative, later(28)),
            response(later(200 + number), "CR", visit="FU06")]  # fmt: skip


def one_arm() -> list[Child]:
    return [child(i, "INO", *respond(i), dead(later(100 + i))) for i in range(12)]


def all_censored() -> list[Child]:
    return [child(i, ARMS[i % 2], *respond(i), alive(later(300 + i))) for i in range(12)]


def all_tied() -> list[Child]:
    return [child(i, ARMS[i % 2], *respond(0), dead(later(400))) for i in range(14)]


def all_on_day_zero() -> list[Child]:
    return [child(i, ARMS[i % 2], dead(DAY0)) for i in range(14)]


def no_responders() -> list[Child]:
    return [
        child(i, ARMS[i % 2], response(later(27), "SD"), recovery(later(28)), dead(later(90 + i)))
        for i in range(14)
    ]


def separated() -> list[Child]:
    """All of one arm have died before the first of the other does; success follows the arm too."""
    first = [child(i, "ALLR3", response(later(20), "PD"), recovery(later(28)), dead(later(30 + i)))
             for i in range(8)]  # fmt: skip
    return first + [
        child(i, "INO", *respond(i), transplant(later(60)), relapse(later(500 + i)),
              dead(later(600 + i)))
        for i in range(8, 16)
    ]  # fmt: skip


def never_treated() -> list[Child]:
    return [child(i, ARMS[i % 2], alive(later(40)), dosed=False) for i in range(6)]


def nobody() -> list[Child]:
    return []


def one_child() -> list[Child]:
    return [child(0, "INO", *respond(0), dead(later(50)))]


COHORTS: list[Callable[[], list[Child]]] = [
    one_arm, all_censored, all_tied, all_on_day_zero, no_responders, separated, never_treated,
    nobody, one_child,
]  # fmt: skip


@cache
def night(cohort: Callable[[], list[Child]], *, backwards: bool = False) -> Computed:
    """The night of a cohort; ``backwards`` brings children and records in the other order."""
    step = -1 if backwards else 1
    children = cohort()[::step]
    records = [each for _, own in children for each in own[::step]]
    data = study_data(records, [placed for placed, _ in children])
    with pytest.MonkeyPatch.context() as patched:
        undrawn(patched)
        return compute(NCT, cut(NCT, data, FAR), tallied)


@pytest.mark.parametrize("cohort", COHORTS, ids=lambda each: each.__name__)
def test_every_number_is_there_with_its_state(cohort: Callable[[], list[Child]]) -> None:
    found = night(cohort)
    ids = [result_id(row) for row in found.rows]
    assert len(ids) == len(set(ids))
    for row in found.rows:
        # The same for every processor, and no NaN: json refuses it.
        json.dumps(row.to_json(), allow_nan=False)
        assert row.output_class is OutputClass.CLOSED or row.group == "pooled"
        if row.lower is not None and row.upper is not None:
            assert row.lower <= row.upper
            if row.value is not None:
                assert row.lower - 1e-9 <= row.value <= row.upper + 1e-9, result_id(row)


def test_the_order_of_children_and_records_changes_no_byte() -> None:
    there, back = night(separated), night(separated, backwards=True)
    assert [row.to_json() for row in back.rows] == [row.to_json() for row in there.rows]


def rows(found: Computed, endpoint: str, statistic: str) -> list[ResultRow]:
    return [
        row
        for row in found.rows
        if (row.endpoint, row.population, row.statistic) == (endpoint, "ITT", statistic)
        and row.subgroup is None
    ]


def states(found: Computed, endpoint: str, statistic: str) -> set[str]:
    return {row.status.value for row in rows(found, endpoint, statistic)}


def test_an_empty_arm_leaves_no_comparison_and_stays_in_the_table() -> None:
    found = night(one_arm)
    assert states(found, "OS", "hazard_ratio") == {"NE"}
    assert states(found, "OS", "logrank_p_two_sided") == {"NE"}
    assert states(found, "MRDNEG", "rate_difference") == {"NE"}
    (empty,) = [row for row in rows(found, "OS", "n") if row.group == "ALLR3"]
    assert empty.value == 0


def test_without_an_event_no_quantile_is_reached_and_no_ratio_exists() -> None:
    found = night(all_censored)
    assert states(found, "OS", "median") == {"NE"}
    assert states(found, "OS", "hazard_ratio") == {"NE"}
    assert {row.value for row in rows(found, "OS", "events")} == {0.0}


def test_all_events_on_one_day_have_a_median_and_no_difference() -> None:
    found = night(all_tied)
    assert {row.value for row in rows(found, "OS", "median")} == {401.0}
    # Efron's likelihood of equal arms has its maximum at 1; the test has no variance.
    (ratio,) = rows(found, "OS", "hazard_ratio")
    assert ratio.value == pytest.approx(1.0)
    assert states(found, "OS", "logrank_p_two_sided") == {"NE"}


def test_death_on_the_first_day_is_a_time_of_one_day() -> None:
    assert {row.value for row in rows(night(all_on_day_zero), "OS", "median")} == {1.0}


def test_without_a_responder_the_difference_is_zero_with_limits_and_nobody_has_a_duration() -> None:
    found = night(no_responders)
    (difference,) = rows(found, "MRDNEG", "rate_difference")
    assert difference.value == 0.0
    assert difference.lower is not None
    assert difference.lower < 0
    duration = [row for row in found.rows if (row.endpoint, row.statistic) == ("DOR", "median")]
    assert {row.status.value for row in duration} == {"NE"}


def test_perfect_separation_has_no_ratio_but_a_test() -> None:
    found = night(separated)
    for row in rows(found, "OS", "hazard_ratio"):
        assert row.value is None
        assert "monotone likelihood" in str(row.reason)
    (p,) = rows(found, "OS", "logrank_p_two_sided")
    assert p.value is not None
    assert p.value < 0.001
    (difference,) = rows(found, "MRDNEG", "rate_difference")
    assert difference.value == pytest.approx(1.0)
