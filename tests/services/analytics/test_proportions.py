"""Number and percent with exact limits."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from services.analytics.domain.proportions import (
    ProportionPlan,
    Share,
    proportion_rows,
    shares,
    succeeded,
)
from services.analytics.domain.results import OutputClass, ResultRow, Status
from services.analytics.domain.study_data import KeptRecord
from services.analytics.exact_limits import ENGINE, clopper_pearson
from shared.study.endpoints import ProportionEndpoint
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    dose,
    kept,
    one,
    recovery,
    response,
    transplant,
)
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
RESPONDED = DAY0 + timedelta(days=27)
PLAN = ProportionPlan("HSCT", "ITT", 0.95, date(2026, 6, 30), clopper_pearson, ENGINE)


def proportion(paramcd: str) -> ProportionEndpoint:
    found = NCT.endpoint(paramcd)
    assert isinstance(found, ProportionEndpoint)
    return found


def has(paramcd: str, *records: KeptRecord, cutoff: date = FAR) -> bool:
    return succeeded(NCT, proportion(paramcd), one(NCT, records, cutoff), cutoff)


def mrd(fraction: str, on: date = RESPONDED) -> KeptRecord:
    items = {
        "sample_id": "A1",
        "sample_date": on.isoformat(),
        "method": "RQPCR",
        "assay_valid": "true",
        "kind": "QUANT",
        "fraction": fraction,
    }
    return kept("mrd", items, on, visit="C1D28")


@pytest.mark.proves("P1", kind="negative")
def test_mrd_below_the_limit_is_negative_and_the_limit_itself_is_not() -> None:
    responder = [response(RESPONDED), recovery(RESPONDED)]
    assert has("MRDNEG", *responder, mrd("0.000099"))
    assert not has("MRDNEG", *responder, mrd("0.0001"))


@pytest.mark.proves("P1", kind="negative")
def test_a_responder_without_an_mrd_result_and_a_non_responder_are_failures() -> None:
    assert not has("MRDNEG", response(RESPONDED), recovery(RESPONDED))
    assert not has("MRDNEG", response(RESPONDED, "PR"), recovery(RESPONDED), mrd("0"))


@pytest.mark.proves("S3", kind="negative")
def test_a_transplant_counts_after_treatment_and_until_the_fifth_anniversary() -> None:
    treated = dose(DAY0)
    assert has("HSCT", treated, transplant(date(2029, 1, 29)))
    assert not has("HSCT", treated, transplant(date(2029, 1, 30)))
    assert not has("HSCT", transplant(date(2025, 1, 1)))


@pytest.mark.proves("S3", kind="negative")
def test_a_transplant_after_the_cutoff_does_not_count() -> None:
    day = date(2025, 1, 1)
    assert has("HSCT", dose(DAY0), transplant(day), cutoff=day)
    assert not has("HSCT", dose(DAY0), transplant(day), cutoff=day - timedelta(days=1))


@pytest.mark.proves("S9", kind="negative")
def test_car_t_counts_after_treatment_and_until_the_fifth_anniversary() -> None:
    def infused(day: date) -> KeptRecord:
        return kept("car_t", {"infusion_date": day.isoformat()}, day)

    assert has("CART", dose(DAY0), infused(date(2029, 1, 29)))
    assert not has("CART", dose(DAY0), infused(date(2029, 1, 30)))
    assert not has("CART", dose(DAY0), infused(DAY0 - timedelta(days=1)))
    assert not has("CART", infused(date(2025, 1, 1)))


def test_every_arm_of_the_study_has_a_share_though_nobody_is_in_it() -> None:
    counted = shares(NCT, proportion("HSCT"), [one(NCT, [dose(DAY0)])], FAR)
    assert counted == {"INO": Share(0, 1), "ALLR3": Share(0, 0)}


def rows(by_arm: dict[str, Share]) -> dict[tuple[str | None, str], ResultRow]:
    return {(row.group, row.statistic): row for row in proportion_rows(PLAN, by_arm)}


def test_pooled_rows_are_open_and_rows_of_an_arm_are_closed() -> None:
    found = rows({"INO": Share(3, 4), "ALLR3": Share(1, 4)})
    classes = {group: row.output_class for (group, _), row in found.items()}
    assert classes == {
        "pooled": OutputClass.OPEN,
        "INO": OutputClass.CLOSED,
        "ALLR3": OutputClass.CLOSED,
    }
    assert found["pooled", "percent"].value == 50.0
    assert found["INO", "percent"].value == 75.0
    assert found["INO", "successes"].value == 3.0
    assert found["INO", "n"].value == 4.0


def test_an_arm_without_subjects_is_not_estimable_and_says_so() -> None:
    row = rows({"INO": Share(3, 4), "ALLR3": Share(0, 0)})["ALLR3", "percent"]
    assert (row.status, row.value, row.reason) == (Status.NE, None, "no subjects in this group")


def test_the_hash_of_the_pooled_row_does_not_tell_the_arms_apart() -> None:
    one_way = rows({"INO": Share(3, 4), "ALLR3": Share(1, 4)})
    other = rows({"INO": Share(1, 4), "ALLR3": Share(3, 4)})
    pooled, by_arm = ("pooled", "percent"), ("INO", "percent")
    assert one_way[pooled].inputs_hash == other[pooled].inputs_hash
    assert one_way[by_arm].inputs_hash != other[by_arm].inputs_hash


@pytest.mark.proves("P1", kind="oracle")
@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_exact_limits_are_those_of_the_binomial_test_and_hold_the_share(
    counts: tuple[int, int],
) -> None:
    successes, subjects = counts
    expected = binomtest(successes, subjects).proportion_ci(0.95, method="exact")
    found = clopper_pearson(successes, subjects, 0.95)
    assert found == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert found[0] <= successes / subjects <= found[1]
