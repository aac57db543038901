"""Adverse events per time watched: whose time counts, until when, and with which limits."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from services.analytics.domain.adverse_event_rows import adverse_event_rows
from services.analytics.domain.plans import NO_EXPOSURE, tasks_of
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.rates.incidence_rate import NO_TIME
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.study_data import KeptRecord
from services.analytics.domain.subjects import members
from services.analytics.exact_limits import ENGINE, clopper_pearson
from tests.services.analytics.dated import DAY0, FAR, dead
from tests.services.analytics.test_adverse_events import (
    NCT,
    SAF,
    children,
    endpoint,
    event,
    of,
)
from tests.support.examples import examples

LAST = 61  # Day 1 is the first dose, here the last too; 60 days after it they are still watched.
YEAR = 365.25


def on(day: int) -> str:
    return (DAY0 + timedelta(days=day - 1)).isoformat()


def rates(
    *records: KeptRecord, arms: dict[str, str] | None = None, cutoff: date = FAR
) -> dict[tuple[str | None, str | None, str], ResultRow]:
    subjects = children(*records, arms=arms or {"S01-001": "INO"})
    plan = ProportionPlan("AE", "SAF", 0.95, cutoff, clopper_pearson, ENGINE)
    found = adverse_event_rows(NCT, endpoint(), plan, members(SAF, subjects))
    return {(row.group, row.category, row.statistic): row for row in found}


def days(
    found: dict[tuple[str | None, str | None, str], ResultRow], category: str = "any"
) -> float:
    """Subject-days behind the rate of first events."""
    time = found["pooled", category, "incidence_rate"].convention["person_time"]
    assert isinstance(time, float)
    return round(time * YEAR, 6)


def test_time_runs_to_the_first_event_and_both_days_count() -> None:
    found = rates(event(on(10)), event(on(30), repeat=2))
    assert days(found) == 10
    first, every = (found["pooled", "any", name] for name in ("incidence_rate", "event_rate"))
    assert first.value == pytest.approx(100 * YEAR / 10)
    assert every.value == pytest.approx(100 * 2 * YEAR / LAST)
    assert (first.unit, first.events, every.events) == ("per 100 subject-years", 1, 2)
    exposure = found["pooled", "any", "exposure"]
    assert (exposure.value, exposure.unit) == (pytest.approx(LAST / YEAR), "years")
    assert found["pooled", "any", "event_count"].value == 2


def test_limits_are_quantiles_of_chi_square() -> None:
    found = rates(event(on(10)), event(on(30), repeat=2))["pooled", "any", "event_rate"]
    scale = 100 * YEAR / LAST
    assert found.lower == pytest.approx(scale * chi2.ppf(0.025, 4) / 2)
    assert found.upper == pytest.approx(scale * chi2.ppf(0.975, 6) / 2)


def test_who_had_no_event_is_watched_to_the_end_of_the_window() -> None:
    found = rates()
    assert days(found) == LAST
    rate = found["pooled", "any", "incidence_rate"]
    assert (rate.value, rate.lower) == (0.0, 0.0)
    assert rate.upper == pytest.approx(100 * YEAR / LAST * chi2.ppf(0.975, 2) / 2)


def test_death_and_the_cutoff_end_the_time_watched() -> None:
    death = DAY0 + timedelta(days=19)
    assert days(rates(of("S01-001", dead(death)))) == 20
    assert days(rates(cutoff=DAY0 + timedelta(days=4))) == 5
    assert days(rates(cutoff=DAY0)) == 1


def test_an_event_before_the_first_dose_is_counted_but_not_emergent_and_in_no_rate() -> None:
    found = rates(event(on(-3)))
    assert found["pooled", "any", "subjects"].value == 1
    assert found["pooled", "emergent", "subjects"].value == 0
    assert days(found) == LAST
    assert found["pooled", "any", "event_count"].value == 0


def test_an_event_of_a_month_that_reaches_into_treatment_counts_from_its_first_day() -> None:
    found = rates(event("2024-01"))  # The first dose is on the 29th.
    assert found["pooled", "emergent", "subjects"].value == 1
    assert days(found) == 1


def test_each_kind_of_event_has_a_time_of_its_own() -> None:
    found = rates(event(on(5)), event(on(20), repeat=2, serious="true"))
    assert (days(found, "any"), days(found, "serious"), days(found, "related")) == (5, 20, LAST)


def test_an_arm_that_nobody_received_has_no_rate() -> None:
    found = rates(event(on(5)))["ALLR3", "any", "incidence_rate"]
    assert (found.value, found.status.value, found.reason) == (None, "NE", NO_TIME)


def test_a_definition_without_an_exposure_has_no_rates_and_says_so() -> None:
    plain = endpoint().model_copy(update={"exposure": None})
    definition = NCT.model_copy(update={"endpoints": (plain,)})
    assert [each.reason for each in tasks_of(definition)[1]] == [NO_EXPOSURE]
    assert tasks_of(NCT.model_copy(update={"endpoints": (endpoint(),)}))[1] == []
    plan = ProportionPlan("AE", "SAF", 0.95, FAR, clopper_pearson, ENGINE)
    found = adverse_event_rows(definition, plain, plan, ())
    assert not {"exposure", "incidence_rate"} & {row.statistic for row in found}


def test_kinds_by_term_are_counted_at_their_worst_grade() -> None:
    subjects = children(
        event(on(3), grade=2, serious="true"), event(on(4), grade=4, repeat=2),
        arms={"S01-001": "INO"},
    )  # fmt: skip
    plan = ProportionPlan("AESEV", "SAF", 0.95, FAR, clopper_pearson, ENGINE)
    found = {
        (row.category, row.statistic): row.value
        for row in adverse_event_rows(NCT, endpoint("AESEV"), plan, members(SAF, subjects))
        if row.group == "pooled"
    }
    term = "Infections and infestations: Sepsis"
    assert found[f"any: {term}", "subjects_grade_4"] == 1
    assert found[f"serious: {term}", "subjects_grade_4"] == 0
    assert found[f"serious: {term}", "subjects_grade_2"] == 1
    assert f"related: {term}" not in {category for category, _ in found}


told = st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 90)), max_size=8)


@examples(0.5)
@given(told, st.sampled_from(["INO", "ALLR3"]))
def test_time_of_all_is_the_sum_of_parts_and_order_changes_nothing(
    events: list[tuple[int, int]], arm: str
) -> None:
    arms = {f"S01-{number:03}": arm if number % 2 else "INO" for number in range(4)}
    records = [
        event(on(day), repeat=repeat, subject=f"S01-{child:03}")
        for repeat, (child, day) in enumerate(events, start=1)
    ]
    found = rates(*records, arms=arms)
    parts = [
        rates(*(r for r in records if r.subject == subject), arms={subject: own})
        for subject, own in arms.items()
    ]
    assert days(found) == pytest.approx(sum(map(days, parts)))
    assert 0 < days(found) <= 4 * LAST
    first, every = (found["pooled", "any", name] for name in ("incidence_rate", "event_rate"))
    assert first.events <= every.events
    backwards = rates(*reversed(records), arms=dict(reversed(arms.items())))
    assert json_of(backwards) == json_of(found)


def json_of(found: dict[tuple[str | None, str | None, str], ResultRow]) -> Sequence[object]:
    return [found[key].to_json() for key in sorted(found, key=str)]


def test_no_time_that_follows_from_doses_is_open_not_even_pooled() -> None:
    found = rates(event(on(10)), arms={"S01-001": "INO", "S01-002": "INO"})
    opened = [row for row in found.values() if row.output_class is OutputClass.OPEN]
    assert {row.group for row in opened} == {"pooled"}
    assert {row.statistic for row in opened} >= {"subjects", "percent"}
    timed = {"exposure", "event_count", "incidence_rate", "event_rate"}
    assert not {row.statistic for row in opened} & timed
    assert {row.statistic for key, row in found.items() if key[0] == "pooled"} > timed
