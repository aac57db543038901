"""The lowest MRD for the primary endpoint, both analysis sets, and persistence before HSCT."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from services.assessments.domain.packs.result import Result
from tests.services.assessments.domain.packs.disease_cases import RECOVERY, induction, results

FIRST = "2024-02-24"


def sample(name: str, day: str, kind: str = "QUANT", **items: Any) -> dict[str, Any]:
    base = {"sample_id": name, "sample_date": day, "method": "RQPCR", "kind": kind}
    return {**base, "material": "BM", **items}


def found(*samples: dict[str, Any], called: str = "CR", **forms: Any) -> dict[str, Result]:
    response = [{"assessment_date": FIRST, "response": called}]
    return results(induction(mrd=list(samples), response=response, **forms))


NEG = {"kind": "NEG", "sensitivity": "0.00001"}
PNQ = {"kind": "PNQ", "quantitative_range": "0.0001"}


@pytest.mark.parametrize(
    ("samples", "value"),
    [
        ([("a", {"fraction": "0.002"}), ("b", {"fraction": "0.00005"})], Decimal("0.00005")),
        ([("a", {"fraction": "0.00005"}), ("b", PNQ)], "PNQ"),
        ([("a", PNQ), ("b", NEG)], "NEG"),
        ([("a", {"fraction": "0.002"}), ("b", {"kind": "NE"})], Decimal("0.002")),
        ([("a", {"fraction": "<0.0001"})], "<0.0001"),
    ],
)
def test_the_lowest_mrd_goes_from_not_detected_over_not_quantifiable_to_the_value(
    samples: list[tuple[str, dict[str, Any]]], value: object
) -> None:
    rows = [sample(name, FIRST, **items) for name, items in samples]
    for order in (rows, rows[::-1]):
        assert found(*order)["mrd_lowest"].value == value


@pytest.mark.parametrize(
    ("day", "counts"),
    [("2024-02-23", False), (FIRST, True), (RECOVERY, True), ("2024-02-27", False)],
)
def test_samples_from_first_response_to_end_of_treatment_count_both_days_included(
    day: str, counts: bool
) -> None:
    lowest = found(sample("a", day, fraction="0.00005"))["mrd_lowest"]
    assert (lowest.value == Decimal("0.00005")) is counts
    assert (lowest.reason == "mrd_missing") is not counts


@pytest.mark.proves("P1", kind="negative")
@pytest.mark.parametrize(
    ("items", "called", "among", "everyone"),
    [
        ({"fraction": "0.000099"}, "CR", "NEGATIVE", "SUCCESS"),
        ({"fraction": "0.000099"}, "CRi", "NEGATIVE", "SUCCESS"),
        ({"fraction": "0.0001"}, "CR", "POSITIVE", "FAILURE"),
        ({"fraction": "<0.0001"}, "CR", "NEGATIVE", "SUCCESS"),
        (PNQ, "CRp", "NEGATIVE", "SUCCESS"),
        ({"kind": "NE"}, "CR", "NE", "FAILURE"),
        ({"fraction": "0.000099"}, "SD", None, "FAILURE"),
        ({"fraction": "0.000099"}, "NE", None, "FAILURE"),
    ],
)
def test_non_responders_and_not_evaluable_are_failures_among_all_randomized_only(
    items: dict[str, Any], called: str, among: str | None, everyone: str
) -> None:
    both = found(sample("a", FIRST, **items), called=called)
    assert both["mrd_negativity_responders"].value == among
    assert both["mrd_negativity_itt"].value == everyone


def test_the_primary_endpoint_waits_for_the_end_of_treatment() -> None:
    waiting = found(end_of_treatment=[])
    assert waiting["mrd_negativity_itt"].status == "pending"
    early = found(sample("a", FIRST, fraction="0.00005"), end_of_treatment=[])
    assert (early["mrd_lowest"].value, early["mrd_lowest"].status) == (
        Decimal("0.00005"),
        "provisional",
    )


def test_blood_does_not_count_for_the_primary_endpoint() -> None:
    lowest = found(sample("a", FIRST, **NEG, material="PB"))["mrd_lowest"]
    assert (lowest.reason, "other_material_left_out" in lowest.notes) == ("mrd_missing", True)


def test_the_result_names_every_sample_it_looked_at() -> None:
    lowest = found(sample("a", FIRST, fraction="0.002"), sample("b", RECOVERY, **NEG))["mrd_lowest"]
    assert {"mrd-0", "mrd-1"} <= {ref.record for ref in lowest.inputs}


# MRD persistence before HSCT (event of S1 and S2) ------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "hsct", "value", "reason"),
    [
        ([("2024-03-20", "0.001")], "2024-04-20", date(2024, 3, 20), None),
        ([("2024-03-20", "0.0001")], "2024-04-20", date(2024, 3, 20), None),
        ([("2024-03-20", "0.000099")], "2024-04-20", "NONE", None),
        ([("2024-03-20", "0.001"), ("2024-04-10", "0.00001")], "2024-04-20", "NONE", None),
        (
            [("2024-03-20", "0.00001"), ("2024-04-10", "0.001")],
            "2024-04-20",
            date(2024, 4, 10),
            None,
        ),
        ([("2024-04-20", "0.001")], "2024-04-20", None, "mrd_missing"),
        ([("2024-02-25", "0.001")], "2024-04-20", None, "mrd_missing"),
        ([(RECOVERY, "0.001")], "2024-04-20", date(2024, 2, 26), None),
        ([("2024-03-20", "0.001")], None, "NONE", None),
        ([("2024-03-20", "0.001")], "2024-01-20", "NONE", None),
    ],
)
def test_persistence_is_the_last_evaluable_mrd_between_end_of_treatment_and_hsct(
    samples: list[tuple[str, str]], hsct: str | None, value: object, reason: str | None
) -> None:
    rows = [sample(str(n), day, fraction=fraction) for n, (day, fraction) in enumerate(samples)]
    transplants = [{"transplant_date": hsct}] if hsct else []
    persistence = found(*rows, hsct=transplants)["mrd_persistence"]
    assert (persistence.value, persistence.reason) == (value, reason)


def test_an_evaluable_sample_decides_over_a_later_one_that_is_not() -> None:
    rows = [sample("a", "2024-03-20", fraction="0.001"), sample("b", "2024-04-10", kind="NE")]
    persistence = found(*rows, hsct=[{"transplant_date": "2024-04-20"}])["mrd_persistence"]
    assert persistence.value == date(2024, 3, 20)


@pytest.mark.parametrize(
    ("hsct", "reason"), [("2024-04", None), ("2024-03", "partial_date"), ("2024", "partial_date")]
)
def test_an_hsct_known_to_the_month_leaves_persistence_open_only_where_it_matters(
    hsct: str, reason: str | None
) -> None:
    rows = [sample("a", "2024-03-20", fraction="0.001")]
    persistence = found(*rows, hsct=[{"transplant_date": hsct}])["mrd_persistence"]
    assert persistence.reason == reason


def test_one_sample_id_with_two_dates_is_two_samples_and_a_question() -> None:
    later = sample("S1", "2024-02-25", fraction="0.1")
    said = found(sample("S1", FIRST, **NEG), later, sample("S2", FIRST, **NEG))
    statuses = {name: each for name, each in said.items() if name.startswith("mrd_status")}
    assert {name: each.value for name, each in statuses.items()} == {
        f"mrd_status:S1:{FIRST}": "NEGATIVE",
        "mrd_status:S1:2024-02-25": "POSITIVE",
        "mrd_status:S2": "NEGATIVE",
    }
    asked = {name for name, each in statuses.items() if "query_sample_dates" in each.notes}
    assert asked == {f"mrd_status:S1:{FIRST}", "mrd_status:S1:2024-02-25"}
