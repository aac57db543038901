"""Response at the end of induction: which assessment counts, from when, and by whom."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.services.assessments.domain.packs.disease_cases import (
    MARROW_DAY,
    RECOVERY,
    induction,
    results,
    subject,
)

THERAPY = "new_anticancer_therapy"


def later_counts(day: str) -> list[dict[str, Any]]:
    early = {
        "sample_date": MARROW_DAY,
        "neutrophils": "0.3",
        "platelets": "20",
        "peripheral_blasts": "0",
    }
    late = {
        "sample_date": day,
        "neutrophils": "1.2",
        "platelets": "120",
        "peripheral_blasts": "0",
    }
    return [early, late]


@pytest.mark.parametrize(("day", "expected"), [(RECOVERY, "CR"), ("2024-02-27", "CRi")])
def test_counts_that_recover_by_the_end_of_treatment_raise_the_category_and_not_the_date(
    day: str, expected: str
) -> None:
    found = results(induction(blood_count=later_counts(day)))
    assert found["response_computed"].value == expected
    assert found["first_response_computed"].value == date.fromisoformat(MARROW_DAY)


@pytest.mark.parametrize(
    ("marrow_day", "expected"), [("2024-02-26", "CR"), ("2024-02-27", "no_marrow")]
)
def test_a_marrow_after_the_end_of_treatment_does_not_count(marrow_day: str, expected: str) -> None:
    found = results(induction(marrow={"sample_date": marrow_day}))["response_computed"]
    assert expected in {found.value, found.reason}


@pytest.mark.parametrize(("start", "counts"), [("2024-02-24", False), ("2024-02-25", True)])
def test_assessments_on_or_after_the_start_of_new_therapy_do_not_count(
    start: str, counts: bool
) -> None:
    found = results(induction(**{THERAPY: [{"start_date": start}]}))
    assert (found["response_computed"].value == "CR") is counts
    assert (found["response_computed"].reason == "no_marrow") is not counts


def test_a_marrow_on_day_1_is_a_value_before_treatment() -> None:
    found = results(induction(marrow={"sample_date": "2024-01-29"}))["response_computed"]
    assert found.reason == "no_marrow"


def test_death_before_recovery_leaves_the_response_not_evaluable() -> None:
    contact = {"contact_date": "2024-02-26", "status": "DEAD", "death_date": "2024-02-25"}
    found = results(induction(end_of_treatment=[], survival_status=[contact]))
    assert (found["response_computed"].value, found["response_computed"].reason) == (
        "NE",
        "died_before_eot",
    )


def test_a_response_before_the_end_of_treatment_is_known_is_provisional() -> None:
    found = results(induction(end_of_treatment=[]))["response_computed"]
    assert (found.value, found.status) == ("CR", "provisional")


def called(*entries: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"assessment_date": day, "response": response} for day, response in entries]


def test_the_investigators_response_feeds_the_endpoints_and_a_disagreement_is_a_query() -> None:
    child = induction(response=called(("2024-02-25", "PR")))
    found = results(child)
    assert found["response"].value == "PR"
    assert found["response_computed"].value == "CR"
    assert {"query_response_disagrees", "response_by_investigator"} <= set(found["response"].notes)


@pytest.mark.parametrize(
    ("entries", "reason", "queried"),
    [((), "no_assessment", True), ((("2024-02-25", "NE"),), "not_evaluable", False)],
)
def test_a_response_never_called_by_the_end_of_treatment_is_a_query(
    entries: tuple[tuple[str, str], ...], reason: str, queried: bool
) -> None:
    found = results(induction(response=called(*entries)))["response"]
    assert (found.value, found.reason) == ("NE", reason)
    assert ("query_response_missing" in found.notes) is queried


def test_the_computed_response_feeds_the_endpoints_where_the_study_says_so() -> None:
    child = induction(response=called(("2024-02-25", "PR")))
    found = results(child, response={"p1_response": "computed"})
    assert found["response"].value == "CR"
    assert found["first_response"].value == date.fromisoformat(MARROW_DAY)


@pytest.mark.parametrize(
    ("entries", "first"),
    [
        ((("2024-02-20", "CRi"), ("2024-02-26", "CR")), date(2024, 2, 20)),
        ((("2024-02-20", "NE"), ("2024-02-26", "CRp")), date(2024, 2, 26)),
        ((("2024-02-27", "CR"),), None),
        ((("2024-01-28", "CR"),), None),
    ],
)
def test_first_response_is_the_investigators_first_from_randomization_to_the_end_of_treatment(
    entries: tuple[tuple[str, str], ...], first: date | None
) -> None:
    assert results(induction(response=called(*entries)))["first_response"].value == first


# Ponte-di-Legno: Buchmann et al., Blood 2022;139:1785 ---------------------------------------------


def mrd(fraction: str) -> list[dict[str, Any]]:
    entry = {"sample_id": "S1", "sample_date": MARROW_DAY, "method": "FC", "kind": "QUANT"}
    return [{**entry, "fraction": fraction}]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mrd": mrd("0.0099")}, "CR"),
        ({"mrd": mrd("0.01")}, "FAILURE"),
        ({"mrd": mrd("0.02"), "marrow": {"blasts": "1"}}, "FAILURE"),
        ({"mrd": mrd("0.001"), "marrow": {"blasts": "6"}}, "CR"),
        ({"marrow": {"blasts": "4.9"}}, "CR"),
        ({"marrow": {"blasts": "5"}}, "FAILURE"),
        ({"outside": {"cns_status": "CNS2"}}, "FAILURE"),
        ({"outside": {"cns_status": "UNK"}}, "NE"),
        ({"outside": {"disease": True, "burden": "33.3"}}, "CR"),
        ({"outside": {"disease": True, "burden": "33.4"}}, "FAILURE"),
        ({"count": {"neutrophils": "0.1"}}, "CR"),
    ],
)
def test_consensus_remission_is_mrd_below_1_per_cent_else_microscopy_with_a_clear_rest(
    changes: dict[str, Any], expected: str
) -> None:
    assert results(induction(**changes))["response_consensus"].value == expected


def test_an_mrd_result_that_cannot_be_read_decides_no_consensus_remission() -> None:
    unread = [{**mrd("0.02")[0], "events_sufficient": False}]
    assert results(induction(mrd=unread))["response_consensus"].value == "CR"


@pytest.mark.parametrize("day", ["2024-01-25", "2024-01-29"])
def test_the_marrow_before_treatment_is_no_consensus_failure(day: str) -> None:
    marrows = [{"sample_date": day, "evaluable": True, "blasts": "80"}]
    found = results(subject(marrow=marrows, end_of_treatment=[{"recovery_date": RECOVERY}]))
    assert (found["response_consensus"].value, found["response_consensus"].reason) == (
        "NE",
        "no_marrow",
    )


def test_consensus_remission_is_not_called_before_the_end_of_induction() -> None:
    found = results(induction(end_of_treatment=[]))["response_consensus"]
    assert (found.value, found.status) == (None, "pending")


# Partial dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("marrow_day", "value", "first_known"), [("2024-02", None, False), (MARROW_DAY, "CR", True)]
)
def test_a_marrow_known_to_the_month_of_the_end_of_treatment_leaves_the_response_open(
    marrow_day: str, value: str | None, first_known: bool
) -> None:
    found = results(induction(marrow={"sample_date": marrow_day}))
    assert found["response_computed"].value == value
    assert (found["first_response_computed"].value is not None) is first_known


def test_a_partial_date_that_changes_nothing_leaves_the_response_as_it_is() -> None:
    child = induction(**{THERAPY: [{"start_date": "2024-03"}]}, hsct=[{"transplant_date": "2025"}])
    assert results(child)["response_computed"].value == "CR"


PARTS = ("marrow", "count", "outside")


@given(st.data())
def test_a_response_over_partial_dates_holds_for_every_completion(data: st.DataObject) -> None:
    day = st.dates(date(2024, 2, 10), date(2024, 3, 10))
    days = {name: data.draw(day) for name in PARTS}
    names = {"marrow": "sample_date", "count": "sample_date", "outside": "assessment_date"}
    hidden = data.draw(st.sampled_from(PARTS))
    whole = {part: {names[part]: days[part].isoformat()} for part in PARTS}
    partial = {**whole, hidden: {names[hidden]: days[hidden].isoformat()[:7]}}
    guessed, known = results(induction(**partial)), results(induction(**whole))  # type: ignore[arg-type]
    for name in ("response_computed", "responder_computed", "first_response_computed"):
        assert guessed[name].reason == "partial_date" or guessed[name].value == known[name].value
