"""Concentrations of inotuzumab ozogamicin by visit: which samples count, and what they give."""

from datetime import date, timedelta

import pytest

from services.analytics.domain.concentration_rows import concentration_rows
from services.analytics.domain.concentrations import BelowLimit, Concentration, summarize
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.study_data import KeptRecord
from services.analytics.exact_limits import ENGINE, clopper_pearson
from shared.study.endpoints import ConcentrationEndpoint
from tests.services.analytics.dated import DAY0, dose, kept, one
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")


def sample(
    value: str | None, visit: str = "C1D8", timepoint: str = "PRE_DOSE", **more: str
) -> KeptRecord:
    """A sample; without a value it is below quantification."""
    day = DAY0 + timedelta(days={"C1D1": 0, "C1D8": 7, "C1D15": 14}[visit])
    items = {
        "sample_date": day.isoformat(),
        "timepoint": timepoint,
        "concentration": value,
        "below_quantification": "true" if value is None else "false",
    }
    repeat = int(more.pop("repeat", "1"))
    return kept("pk_sample", items | more, day, visit=visit, repeat=repeat)


def rows(
    *children: list[KeptRecord], paramcd: str = "PKTROUGH"
) -> dict[tuple[str | None, str], ResultRow]:
    """By visit and statistic."""
    endpoint = NCT.endpoint(paramcd)
    assert isinstance(endpoint, ConcentrationEndpoint)
    plan = ProportionPlan(paramcd, "PK", 0.95, date(2026, 6, 30), clopper_pearson, ENGINE)
    subjects = [one(NCT, [dose(DAY0), *records]) for records in children]
    found = concentration_rows(NCT, endpoint, plan, subjects)
    return {(row.category, row.statistic): row for row in found}


@pytest.mark.proves("S8", kind="oracle")
def test_the_numbers_worked_out_by_hand_come_out() -> None:
    # 2, 4 and 12: mean 6, variance (16 + 4 + 36) / 2 = 28, product 96.
    found = rows([sample("2")], [sample("4")], [sample("12")])
    assert found["C1D8", "mean"].value == pytest.approx(6.0)
    assert found["C1D8", "sd"].value == pytest.approx(28**0.5)
    assert found["C1D8", "geometric_mean"].value == pytest.approx(96 ** (1 / 3))
    assert found["C1D8", "median"].value == 4.0
    assert (found["C1D8", "mean"].unit, found["C1D8", "n"].value) == ("ng/mL", 3.0)


@pytest.mark.proves("S8", kind="negative")
def test_the_sample_before_the_first_dose_is_no_trough() -> None:
    found = rows([sample("7", "C1D1"), sample("2", "C1D8"), sample("3", "C1D15")])
    assert {visit for visit, _ in found} == {"C1D8", "C1D15"}
    assert {row.value for (_, name), row in found.items() if name == "mean"} == {2.0, 3.0}


@pytest.mark.proves("S6", kind="negative")
def test_only_samples_of_the_endpoints_timepoint_count() -> None:
    records = [sample("9", "C1D1", "END_OF_INFUSION"), sample("2", "C1D1")]
    found = rows(records, paramcd="PKCMAX")
    assert {visit for visit, _ in found} == {"C1D1", "C1D8", "C1D15"}
    assert found["C1D1", "maximum"].value == 9.0
    assert found["C1D8", "n"].value == 0.0


def test_below_quantification_is_zero_and_leaves_no_geometric_mean() -> None:
    for below in (sample(None), sample("<1")):
        found = rows([sample("4")], [below])
        assert (found["C1D8", "n"].value, found["C1D8", "n_blq"].value) == (2.0, 1.0)
        assert found["C1D8", "mean"].value == 2.0
        assert found["C1D8", "mean"].convention["blq"] == "0"
        row = found["C1D8", "geometric_mean"]
        assert (row.status, row.reason) == (Status.NE, "a value of 0 has no logarithm")


def test_without_samples_nothing_is_estimable_and_the_reason_is_given() -> None:
    found = rows()
    assert found["C1D8", "n"].value == 0.0
    row = found["C1D8", "mean"]
    assert (row.status, row.value, row.reason) == (Status.NE, None, "no values")


def test_a_sample_in_another_unit_is_left_out_and_counted() -> None:
    found = rows([sample("2", unit="ng/mL")], [sample("2", unit="ug/mL")])
    assert found["C1D8", "n"].value == 1.0
    warning = "samples left out, reported in another unit: 1"
    assert found["C1D8", "mean"].warnings == (warning,)


def test_of_several_samples_of_a_subject_the_first_counts_and_the_row_says_so() -> None:
    found = rows([sample("2"), sample("8", repeat="2")])
    assert (found["C1D8", "n"].value, found["C1D8", "mean"].value) == (1.0, 2.0)
    assert found["C1D8", "n"].warnings == (
        "subjects with several samples, of which the first counts: 1",
    )


def test_the_rows_hold_what_the_estimator_says_and_are_closed() -> None:
    found = rows([sample("2.5")], [sample("4")], [sample(None)])
    values = [Concentration(2.5), Concentration(4.0), Concentration(None)]
    for each in summarize(values, BelowLimit.ZERO).statistics("ng/mL"):
        row = found["C1D8", each.name]
        assert (row.value, row.unit, row.reason) == (
            each.estimate.value,
            each.unit,
            each.estimate.reason,
        )
        assert (row.output_class, row.group) == (OutputClass.CLOSED, "INO")


def test_half_of_a_limit_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="half of a limit"):
        summarize([Concentration(None)], BelowLimit.HALF)
