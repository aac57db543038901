"""Where a trial stands between its looks: boundaries, the statistic, and the power that is left."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.analysis import compute
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.interim.boundaries import spending_boundary
from services.analytics.domain.interim.spending import Spending
from services.analytics.domain.interim_rows import (
    COMPLETE,
    NOT_A_LOOK,
    NOTHING_NEW,
    STATISTICS,
    STOPPED,
    TOO_EARLY,
    Standing,
    interim_rows,
)
from services.analytics.domain.interim_standing import rate_standing, time_standing
from services.analytics.domain.looks_held import HeldLook
from services.analytics.domain.manifest import statement_of
from services.analytics.domain.observations import Observation, count
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.specification import SurvivalTest
from services.analytics.domain.subjects import subjects_at_cutoff
from services.analytics.exact_limits import ENGINE, clopper_pearson
from services.analytics.report.interim import interim_table
from shared.study.endpoints import ProportionEndpoint
from shared.study.interim import InterimPlan
from tests.services.analytics.cases import freireich, plan, trials
from tests.services.analytics.dated import FAR
from tests.services.analytics.tally import tallied
from tests.services.analytics.test_subgroups import NCT, trial, undrawn

pytestmark = pytest.mark.long

NORMAL = NormalDist()


def planned(**changes: object) -> InterimPlan:
    assert NCT.analysis.interim is not None
    content = NCT.analysis.interim.model_dump() | changes
    return InterimPlan.model_validate(content)


def standing(information: int, z: float | None = 2.0) -> Standing:
    estimate = Estimate(z, reason=None if z is not None else "no stratum")
    return Standing("MRDNEG", "ITT", "INO vs ALLR3", information, "subjects", estimate,
                    "a test", information, 3, "0" * 64)  # fmt: skip


def look(number: int, information: int, **changes: object) -> HeldLook:
    """A look held, at which the trial went on."""
    day = date(2025, 1, number)
    found = HeldLook(number, "MRDNEG", "INO vs ALLR3", day, day, information, 1.5, "continue")
    return replace(found, **changes)  # type: ignore[arg-type]


def rows(
    information: int, z: float | None = 2.0, held: Sequence[HeldLook] = (), **changes: object
) -> dict[str, ResultRow]:
    found = interim_rows(planned(**changes), standing(information, z), date(2026, 6, 30), held)
    return {"/".join(filter(None, (row.statistic, row.category))): row for row in found}


def test_planned_boundaries_are_those_of_the_literature() -> None:
    # Lan and DeMets, O'Brien-Fleming form, 0.025 at half and at the whole (rpact 3.3.4).
    found = rows(30)
    assert found["boundary_z/look 1"].value == pytest.approx(2.96258804, abs=1e-5)
    assert found["boundary_z/look 2"].value == pytest.approx(1.96859564, abs=1e-5)


def test_a_look_now_follows_the_looks_held_before_it_and_no_planned_one() -> None:
    early, skipped = rows(30), rows(80)
    late = rows(80, held=[look(1, 50)])
    alone = 2 * (1 - NORMAL.cdf(NORMAL.inv_cdf(1 - 0.0125) / math.sqrt(0.3)))
    assert early["boundary_p_one_sided/now"].value == pytest.approx(alone, rel=1e-6)
    # After half, where 2.96 was not passed, the level now is more than what is newly spent alone.
    now = late["boundary_z/now"]
    assert now.convention["look_information"] == 0.8
    spent = 2 * (1 - NORMAL.cdf(NORMAL.inv_cdf(1 - 0.0125) / math.sqrt(0.8)))
    assert now.convention["spent"] == pytest.approx(spent, rel=1e-9)
    assert now.value is not None
    first, last = (late[f"boundary_z/{name}"].value or 0 for name in ("held 1", "look 2"))
    assert last < now.value < first
    # Where the planned look was not held, all of it is spent at once.
    once = skipped["boundary_p_one_sided/now"]
    assert once.value == pytest.approx(spent, rel=1e-6)


def test_the_boundaries_to_come_are_spent_from_the_looks_really_held() -> None:
    found = rows(60, held=[look(1, 40)])
    expected = spending_boundary(Spending.OBRIEN_FLEMING, 0.025, [0.4, 1.0]).looks
    for name, each in zip(("held 1", "look 2"), expected, strict=True):
        assert found[f"boundary_z/{name}"].value == each.z.value
    assert "boundary_z/look 1" not in found, "the look held stands in its place"
    held = found["held_z/held 1"]
    assert (held.value, found["held_information/held 1"].value) == (1.5, 0.4)
    assert held.convention["held_on"] == "2025-01-01"
    assert held.convention["decision"] == "continue"
    power = found["conditional_power/null"]
    assert power.convention["final_z"] == expected[-1].z.value


def test_looks_beside_the_plan_leave_the_end_and_what_lies_too_close_is_dropped() -> None:
    found = rows(90, held=[look(1, 30), look(2, 70)], looks=("0.3", "0.35", "0.705", 1))
    assert [key for key in found if key.startswith("boundary_z")] == [
        "boundary_z/held 1", "boundary_z/held 2", "boundary_z/look 4", "boundary_z/now",
    ]  # fmt: skip
    shares = [0.3, 0.7, 1.0]
    expected = spending_boundary(Spending.OBRIEN_FLEMING, 0.025, shares).looks[-1].z.value
    assert found["boundary_z/look 4"].value == expected


def test_a_look_of_other_data_is_none_of_this_comparison() -> None:
    others = [look(1, 40, contrast="THIRD vs ALLR3"), look(2, 50, endpoint="EFS")]
    assert rows(60, held=others) == rows(60)


def test_right_after_a_look_there_is_nothing_new_to_look_at() -> None:
    now = rows(50, held=[look(1, 50)])["boundary_z/now"]
    assert (now.value, now.reason) == (None, NOTHING_NEW)


def test_after_a_stop_every_row_says_so() -> None:
    found = rows(60, held=[look(1, 50, decision="stop-for-benefit")])
    ahead = [row for row in found.values() if not (row.category or "").startswith("held")]
    assert ahead
    assert all(STOPPED in row.warnings for row in ahead)
    complete = rows(100, held=[look(1, 50), look(2, 100)])
    assert complete["boundary_z/held 2"].value is not None
    assert complete["boundary_z/now"].reason == NOTHING_NEW


def test_conditional_power_follows_each_trend() -> None:
    found = rows(50, z=1.5)
    final, t = found["boundary_z/look 2"].value, 0.5
    assert final is not None
    drift = NORMAL.inv_cdf(0.975) + NORMAL.inv_cdf(0.9)
    for name, theta in (("null", 0.0), ("current", 1.5 / math.sqrt(t)), ("design", drift)):
        gap = final - 1.5 * math.sqrt(t) - theta * (1 - t)
        expected = 1 - NORMAL.cdf(gap / math.sqrt(1 - t))
        row = found[f"conditional_power/{name}"]
        assert row.value == pytest.approx(expected, rel=1e-9), name
        assert row.convention["final_z"] == final


@pytest.mark.parametrize(
    ("information", "z", "reason"),
    [(0, None, TOO_EARLY), (30, None, "no stratum"), (100, 2.0, COMPLETE), (130, 2.0, COMPLETE)],
)
def test_what_cannot_be_told_has_a_reason(information: int, z: float | None, reason: str) -> None:
    found = rows(information, z)
    assert found["interim_information"].value == min(1.0, information / 100)
    for name in ("null", "current", "design"):
        row = found[f"conditional_power/{name}"]
        assert (row.status, row.reason) == (Status.NE, reason)
    assert (found["boundary_z/now"].value is None) is (information == 0)


@given(st.integers(0, 130), st.none() | st.floats(-40, 40))
def test_every_standing_has_all_rows_closed_and_marked_as_no_look(
    information: int, z: float | None
) -> None:
    found = rows(information, z)
    assert {row.statistic for row in found.values()} == STATISTICS - {"held_information", "held_z"}
    assert {row.output_class for row in found.values()} == {OutputClass.CLOSED}
    assert all(NOT_A_LOOK in row.warnings for row in found.values())


def test_times_are_judged_by_the_first_test_of_the_endpoint() -> None:
    counts = count(freireich(), ("6-MP", "control"))
    plain = plan(tests=(SurvivalTest.LOGRANK,))
    (found,) = time_standing(counts, plain)
    assert found.z.value == pytest.approx(math.sqrt(16.7929409892), rel=1e-9)
    assert (found.information, found.unit, found.contrast) == (30, "events", "6-MP vs control")
    (by_pair,) = time_standing(counts, plan(tests=(SurvivalTest.STRATIFIED_LOGRANK,)))
    assert by_pair.z.value == pytest.approx(math.sqrt(10.7142857143), rel=1e-9)


@given(trials(arms=("6-MP", "control"), most=12))
def test_times_of_any_kind_have_a_standing(observations: list[Observation]) -> None:
    (found,) = time_standing(count(observations, ("6-MP", "control")), plan())
    assert (found.z.value is None) == (found.z.reason is not None)


def test_a_subject_whose_outcome_is_not_known_yet_is_no_failure() -> None:
    endpoint = NCT.endpoint("MRDNEG")
    assert isinstance(endpoint, ProportionEndpoint)
    told = trial()
    waiting = {each.subject for each in told.allocated[:6]}
    kept = tuple(
        each
        for each in told.records
        if each.kept.subject not in waiting or each.kept.form in {"dosing", "demographics"}
    )
    rates = ProportionPlan("MRDNEG", "ITT", 0.95, FAR, clopper_pearson, ENGINE)
    for data, counted in ((told, 48), (replace(told, records=kept), 42)):
        subjects = subjects_at_cutoff(NCT, data)
        (found,) = rate_standing(NCT, endpoint, planned(), rates, subjects)
        assert (found.information, found.n) == (counted, counted)
        (everybody,) = rate_standing(NCT, endpoint, planned(counted_when=()), rates, subjects)
        assert everybody.information == 48


@pytest.fixture(scope="module")
def night():  # type: ignore[no-untyped-def]
    with pytest.MonkeyPatch.context() as patched:
        undrawn(patched)
        works: list[object] = []
        patched.setattr("services.analytics.analysis.reports",
                        lambda run, work, sets: works.append(work) or iter(()))  # fmt: skip
        compute(NCT, trial(), tallied)
        return works[0]


def test_a_night_has_the_rows_of_the_planned_endpoint_and_none_is_open(night) -> None:  # type: ignore[no-untyped-def]
    found = [row for row in night.rows if row.statistic in STATISTICS]
    assert {(row.endpoint, row.population) for row in found} == {("MRDNEG", "ITT")}
    assert {row.output_class for row in found} == {OutputClass.CLOSED}
    (share,) = [row for row in found if row.statistic == "interim_information"]
    assert share.value == 0.48


def test_the_plan_of_looks_is_told_in_the_closed_manifest_alone(night) -> None:  # type: ignore[no-untyped-def]
    told = {each: statement_of(night, each) for each in OutputClass}
    paths = {name: {value["path"] for value in each["assumed_values"]}
             for name, each in told.items()}  # fmt: skip
    assert "analysis.interim" in paths[OutputClass.CLOSED]
    assert not {path for path in paths[OutputClass.OPEN] if "interim" in path}
    assert "interim" not in str(told[OutputClass.OPEN])


def test_the_report_tells_information_boundaries_and_power() -> None:
    (table,) = interim_table("P1", list(rows(30).values()))
    lines = dict(table.rows)
    assert lines["Information: subjects counted"] == "30"
    assert lines["Information: subjects planned"] == "100"
    assert lines["Boundary (z) of look 1, at 0.50 of the information"] == "2.96"
    assert "Conditional power, if the rest follows the effect of the design" in lines
    assert any(NOT_A_LOOK in note for note in table.notes)
    (table,) = interim_table("P1", list(rows(60, held=[look(1, 40)]).values()))
    told = "look 1, held on 2025-01-01 (continue), at 0.40 of the information"
    assert f"Boundary (z) of {told}" in dict(table.rows)
    assert dict(table.rows)[f"Statistic (z, one-sided) of {told}"] == "1.50"
    assert list(interim_table("P1", [])) == []
