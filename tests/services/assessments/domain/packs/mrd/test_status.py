"""What an MRD result says. Goldens: guide, section 5; consensus: PMC8824253, Table 1."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.mrd.sample import choose
from services.assessments.domain.packs.mrd.status import consensus_class, trial_status
from services.assessments.domain.packs.records import MrdSample
from services.assessments.domain.packs.result import Result
from services.assessments.domain.packs.values import Censored
from shared.rules.loading import changed_pack, load_pack
from shared.study.dates import PartialDate

PACK = load_pack("mrd")
STRICT = changed_pack("mrd", {"strict_reach": True})


def row(kind: str, method: str = "RQPCR", record: str = "", **items: Any) -> MrdSample:
    numbers = {
        name: Censored.parse(value) if isinstance(value, str) else value
        for name, value in items.items()
    }
    return MrdSample(
        record=record or f"{method}-{kind}",
        sample_id="S1",
        sample_date=PartialDate.parse("2024-02-24"),
        method=method,  # type: ignore[arg-type]
        kind=kind,  # type: ignore[arg-type]
        **numbers,
    )


def told(result: Result) -> tuple[object, str | None]:
    return result.value, result.reason


@pytest.mark.parametrize(
    ("fraction", "status", "consensus"),
    [
        ("0.0001", "POSITIVE", "FAILURE"),
        ("0.000099", "NEGATIVE", "INTERMEDIATE"),
        ("0.00009999999999", "NEGATIVE", "INTERMEDIATE"),
        ("0.00005", "NEGATIVE", "INTERMEDIATE"),
        ("0.01", "POSITIVE", "FAILURE"),
        ("<0.0001", "NEGATIVE", "INTERMEDIATE"),
        ("<0.001", "NE", "NE"),
        (">0.0001", "POSITIVE", "FAILURE"),
    ],
)
def test_a_quantified_result_is_negative_strictly_below_1e_4(
    fraction: str, status: str, consensus: str
) -> None:
    sample = row("QUANT", fraction=fraction)
    assert trial_status(sample, PACK).value == status
    assert consensus_class(sample, PACK).value == consensus


@pytest.mark.parametrize(
    ("sample", "status", "consensus"),
    [
        (row("NEG", sensitivity="0.00001"), "NEGATIVE", "MRD-CR"),
        (row("NEG", sensitivity="0.0001"), "NEGATIVE", "MRD-CR"),
        (row("NEG", sensitivity="0.001"), "NE", "INTERMEDIATE"),
        (row("NEG", sensitivity=None), "NE", "NE"),
        (row("PNQ", quantitative_range="0.0001"), "NEGATIVE", "INTERMEDIATE"),
        (row("PNQ", quantitative_range="0.0005"), "NE", "NE"),
        (row("NE"), "NE", "NE"),
    ],
)
def test_sensitivity_and_range_are_limits_that_must_be_small_enough(
    sample: MrdSample, status: str, consensus: str
) -> None:
    assert trial_status(sample, PACK).value == status
    assert consensus_class(sample, PACK).value == consensus


def test_a_detected_result_that_counts_as_negative_shows_the_convention() -> None:
    found = trial_status(row("PNQ", quantitative_range="0.0001"), PACK)
    assert "pnq_counts_as_negative" in found.notes


@pytest.mark.parametrize(
    ("items", "reason"),
    [
        ({"marker_available": False}, "marker_missing"),
        ({"control_gene_ok": False}, "control_gene"),
        ({"assay_valid": False}, "assay_invalid"),
    ],
)
def test_an_assay_without_marker_control_gene_or_validity_is_not_evaluable(
    items: dict[str, Any], reason: str
) -> None:
    assert told(trial_status(row("QUANT", fraction="0.5", **items), PACK)) == ("NE", reason)


def test_flow_cytometry_with_too_few_events_is_not_evaluable() -> None:
    sample = row("NEG", "FC", sensitivity="0.0001", events_sufficient=False)
    assert told(trial_status(sample, PACK)) == ("NE", "events")


def test_a_value_below_what_the_assay_detects_is_not_believed() -> None:
    found = trial_status(row("QUANT", fraction="0.00005", sensitivity="0.001"), PACK)
    assert told(found) == ("NE", "sensitivity")
    assert "query_value_below_sensitivity" in found.notes


@pytest.mark.parametrize(
    ("items", "status"),
    [
        ({"sensitivity": "0.0001", "quantitative_range": "0.0001"}, "NEGATIVE"),
        ({"sensitivity": "0.00001", "quantitative_range": "0.0005"}, "NE"),
        ({"sensitivity": "0.00001"}, "NE"),
        ({"quantitative_range": "0.0001"}, "NE"),
    ],
)
def test_the_strict_switch_asks_range_and_sensitivity_of_every_result(
    items: dict[str, Any], status: str
) -> None:
    assert trial_status(row("QUANT", fraction="0.00005", **items), STRICT).value == status
    assert trial_status(row("QUANT", fraction="0.00005", **items), PACK).value == "NEGATIVE"


# Reflex: RQ-PCR, else flow cytometry (the record) -------------------------------------------------

POOR = row("NEG", sensitivity="0.001")
FLOW = row("NEG", "FC", sensitivity="0.0001")


@pytest.mark.proves("P1", kind="negative")
@pytest.mark.parametrize(
    ("rows", "value", "rule", "reason"),
    [
        ([row("NEG", sensitivity="0.00001"), FLOW], "NEGATIVE", "rqpcr", None),
        ([POOR, FLOW], "NEGATIVE", "fc", "rqpcr_sensitivity"),
        ([POOR, row("NEG", "FC", sensitivity="0.001")], "NE", None, "rqpcr_sensitivity"),
        ([row("PNQ", quantitative_range="0.0005")], "NE", None, "rqpcr_quantitative_range"),
        ([row("NE"), row("QUANT", "FC", fraction="0.002")], "POSITIVE", "fc", "rqpcr_kind_ne"),
        ([FLOW], "NEGATIVE", "fc", "rqpcr_missing"),
        ([row("QUANT", fraction="0.0002"), FLOW], "POSITIVE", "rqpcr", None),
    ],
)
def test_flow_cytometry_stands_in_only_where_rq_pcr_is_not_evaluable(
    rows: list[MrdSample], value: str, rule: str | None, reason: str | None
) -> None:
    for order in (rows, rows[::-1]):
        found = choose(order, PACK)
        assert (found.result.value, found.result.rule, found.result.reason) == (value, rule, reason)
        assert (found.row is None) == (value == "NE")


def test_of_several_markers_the_highest_stands_and_none_is_averaged() -> None:
    low = row("QUANT", record="a", fraction="0.00001")
    high = row("QUANT", record="b", fraction="0.0003")
    found = choose([low, high], PACK)
    assert (found.row, found.result.value) == (high, "POSITIVE")
    assert "several_results" in found.result.notes


@given(st.decimals("0", "0.001", places=9))
def test_the_consensus_never_calls_remission_what_the_trial_calls_positive(
    fraction: Decimal,
) -> None:
    sample = row("QUANT", fraction=format(fraction, "f"))
    negative = trial_status(sample, PACK).value == "NEGATIVE"
    assert negative == (fraction < Decimal("0.0001"))
    assert consensus_class(sample, PACK).value == ("INTERMEDIATE" if negative else "FAILURE")
