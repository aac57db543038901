"""Marrow relapse by the Ponte-di-Legno table: Buchmann et al., Blood 2022;139:1785."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.records import Marrow, MarrowTest, MrdSample
from services.assessments.domain.packs.relapse import marrow_relapse
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.values import Censored
from shared.rules.loading import load_pack
from shared.study.dates import PartialDate
from tests.services.assessments.domain.packs.disease_cases import results, subject

PACK = load_pack("relapse")
DAY = PartialDate.parse("2024-08-01")
RECOVERED = [{"recovery_date": "2024-02-26"}]


def marrow(blasts: str | None, **items: Any) -> Marrow:
    number = None if blasts is None else Censored.parse(blasts)
    return Marrow(record="m", sample_date=DAY, blasts=number, **items)


def others(*fractions: str) -> list[MrdSample | MarrowTest]:
    return [
        MarrowTest(
            record=f"t{number}",
            sample_date=DAY,
            method=f"TEST{number}",
            fraction=Censored.parse(fraction),
        )
        for number, fraction in enumerate(fractions)
    ]


def relapse(blasts: str | None, *fractions: str, **how: Any) -> Result:
    return marrow_relapse(marrow(blasts), others(*fractions), PACK, **how)


@pytest.mark.parametrize(
    ("blasts", "fractions", "expected", "rule"),
    [
        # Golden values: guide, section 5.
        ("25", (), "RELAPSE", "overt"),
        ("6", ("0.02",), "RELAPSE", "suspicious"),
        ("6", (), "SECOND_MARROW", "second_marrow"),
        ("3", ("0.015", "0.015"), "RELAPSE", "low"),
        ("0.9", (), "NONE", "no_marrow_relapse"),
        # Every boundary, one digit to either side.
        ("24.9", (), "SECOND_MARROW", "second_marrow"),
        ("24.9", ("0.01",), "RELAPSE", "suspicious"),
        ("24.9", ("0.0099",), "SECOND_MARROW", "second_marrow"),
        ("5", ("0.01",), "RELAPSE", "suspicious"),
        ("4.9", ("0.01",), "SECOND_MARROW", "second_marrow"),
        ("4.9", ("0.01", "0.01"), "RELAPSE", "low"),
        ("1", ("0.01", "0.01"), "RELAPSE", "low"),
        ("1", (), "SECOND_MARROW", "second_marrow"),
        ("0.99", ("0.5", "0.5"), "NONE", "no_marrow_relapse"),
        (">=25", (), "RELAPSE", "overt"),
        ("<1", (), "NONE", "no_marrow_relapse"),
        ("<5", (), "NE", "suspicious"),
    ],
)
def test_the_table_of_marrow_relapse(
    blasts: str, fractions: tuple[str, ...], expected: str, rule: str
) -> None:
    found = relapse(blasts, *fractions)
    assert found.value == expected
    assert found.rule == rule or expected == "NE"


@pytest.mark.parametrize(
    ("blasts", "fractions", "expected"),
    [
        ("2", ("0.01",), "RELAPSE"),
        ("0.5", ("0.01", "0.02"), "RELAPSE"),
        ("2", (), "SECOND_MARROW"),
        ("0.5", ("0.01",), "NONE"),
    ],
)
def test_a_second_marrow_with_two_tests_of_1_per_cent_confirms(
    blasts: str, fractions: tuple[str, ...], expected: str
) -> None:
    assert relapse(blasts, *fractions, suspected=True).value == expected


def test_without_a_remission_before_there_is_no_relapse() -> None:
    found = relapse("80", in_remission=False)
    assert (found.value, found.reason) == ("NE", "no_remission_before")


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ({"quality": "DRY_TAP"}, "dry_tap"),
        ({"evaluable": False}, "marrow_not_evaluable"),
        ({"blasts": None}, "blasts_missing"),
    ],
)
def test_a_marrow_that_cannot_be_read_is_not_evaluable(items: dict[str, Any], reason: str) -> None:
    given_items = {"blasts": "80", **items}
    found = marrow_relapse(marrow(**given_items), [], PACK)
    assert (found.value, found.reason) == ("NE", reason)


@given(st.decimals(0, 100, places=1), st.lists(st.decimals(0, 1, places=3), max_size=3))
def test_more_blasts_or_more_positive_tests_never_undo_a_relapse(
    blasts: Decimal, fractions: list[Decimal]
) -> None:
    texts = [str(each) for each in fractions]
    if relapse(str(blasts), *texts).value == "RELAPSE":
        assert relapse(str(min(blasts + 1, Decimal(100))), *texts).value == "RELAPSE"
        assert relapse(str(blasts), *texts, "0.5").value == "RELAPSE"


def later(day: str, blasts: str, record: str) -> dict[str, str]:
    return {"record": record, "sample_date": day, "blasts": blasts}


def flow(day: str, fraction: str, **items: Any) -> dict[str, Any]:
    base = {"sample_id": f"S{day}", "sample_date": day, "method": "FC", "kind": "QUANT"}
    return {**base, "fraction": fraction, **items}


def followed(marrows: list[dict[str, str]], mrd: list[dict[str, Any]]) -> dict[str, object]:
    """Marrow relapse by record, of a child in response since 24 February."""
    called = [{"assessment_date": "2024-02-24", "response": "CR"}]
    found = results(subject(marrow=marrows, response=called, mrd=mrd, end_of_treatment=RECOVERED))
    return {name: result.value for name, result in found.items() if name.startswith("marrow_")}


def test_mrd_of_the_same_day_is_another_test_and_a_marrow_before_response_is_not_judged() -> None:
    found = followed(
        [later("2024-02-20", "30", "a"), later("2024-08-01", "6", "b")],
        [flow("2024-08-01", "0.02"), flow("2024-07-30", "0.5")],
    )
    assert found == {"marrow_relapse:b": "RELAPSE"}


def test_two_results_of_one_method_are_one_test() -> None:
    twice = [flow("2024-08-01", "0.02"), flow("2024-08-01", "0.03", sample_id="S2")]
    assert followed([later("2024-08-01", "3", "a")], twice)["marrow_relapse:a"] == "SECOND_MARROW"


@pytest.mark.parametrize("fractions", [("0.02", "0.001"), ("0.001", "0.02")])
def test_of_two_results_of_one_method_the_higher_counts(fractions: tuple[str, str]) -> None:
    rows = [flow("2024-08-01", each, sample_id=f"S{each}") for each in fractions]
    assert followed([later("2024-08-01", "6", "a")], rows)["marrow_relapse:a"] == "RELAPSE"


def test_blood_is_no_test_of_the_marrow() -> None:
    blood = [flow("2024-08-01", "0.02", material="PB")]
    assert followed([later("2024-08-01", "6", "a")], blood)["marrow_relapse:a"] == "SECOND_MARROW"


@pytest.mark.parametrize(
    "fault",
    [
        {"assay_valid": False},
        {"events_sufficient": False},
        {"method": "RQPCR", "marker_available": False},
        {"method": "RQPCR", "control_gene_ok": False},
    ],
)
def test_an_mrd_result_that_cannot_be_read_is_no_test(fault: dict[str, Any]) -> None:
    rows = [flow("2024-08-01", "0.02", **fault)]
    assert followed([later("2024-08-01", "6", "a")], rows)["marrow_relapse:a"] == "SECOND_MARROW"


def test_the_marrow_after_one_that_asked_for_it_is_the_second() -> None:
    marrows = [later("2024-08-01", "3", "a"), later("2024-08-15", "2", "b")]
    found = followed(marrows, [flow("2024-08-15", "0.02")])
    assert found == {"marrow_relapse:a": "SECOND_MARROW", "marrow_relapse:b": "RELAPSE"}


def test_two_marrows_of_one_day_are_no_second_marrow_to_each_other() -> None:
    marrows = [later("2024-08-01", "3", "a"), later("2024-08-01", "3", "b")]
    found = followed(marrows, [flow("2024-08-01", "0.02")])
    assert found == {"marrow_relapse:a": "SECOND_MARROW", "marrow_relapse:b": "SECOND_MARROW"}


@pytest.mark.parametrize(("blasts", "value"), [("0.5", "NE"), ("2", "RELAPSE"), ("25", "RELAPSE")])
def test_a_second_marrow_with_a_test_that_is_open_is_not_ruled_out(blasts: str, value: str) -> None:
    marrows = [later("2024-08-01", "3", "a"), later("2024-08-15", blasts, "b")]
    tests = [flow("2024-08-15", "0.02"), flow("2024-08-15", "<0.05", method="RQPCR")]
    assert followed(marrows, tests)["marrow_relapse:b"] == value


def test_a_second_marrow_that_cannot_be_read_leaves_the_question_to_the_next() -> None:
    dry = {"record": "b", "sample_date": "2024-08-15", "quality": "DRY_TAP"}
    marrows = [later("2024-08-01", "3", "a"), dry, later("2024-08-22", "2", "c")]
    found = followed(marrows, [flow("2024-08-22", "0.02")])
    assert (found["marrow_relapse:b"], found["marrow_relapse:c"]) == ("NE", "RELAPSE")
