"""Golden values of response, MRD and end of treatment, from the form to the answer."""

from typing import Any

import pytest

from tests.services.assessments.derivations.story import CR, DOSE, MRD, RECOVERY, enter, faces, read
from tests.services.assessments.support import Trial

S1 = "mrd_status:S1"


def child(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ({"kind": "QUANT", "fraction": "0.0001"}, ("POSITIVE", "final", None)),
        ({"kind": "QUANT", "fraction": "0.000099"}, ("NEGATIVE", "final", None)),
        ({"kind": "QUANT", "fraction": "0.00005"}, ("NEGATIVE", "final", None)),
        ({"kind": "NEG", "sensitivity": "0.00001"}, ("NEGATIVE", "final", None)),
        ({"kind": "NEG", "sensitivity": "0.001"}, ("NE", "ne", "rqpcr_sensitivity")),
        ({"kind": "PNQ", "quantitative_range": "0.0001"}, ("NEGATIVE", "final", None)),
        ({"kind": "PNQ", "quantitative_range": "0.0005"}, ("NE", "ne", None)),
    ],
    ids=lambda value: "-".join(str(v) for v in value.values()) if isinstance(value, dict) else "",
)
def test_a_sample_is_negative_below_the_limit_where_the_assay_reaches_it(
    trial: Trial, result: dict[str, Any], expected: tuple[str, str, str | None]
) -> None:
    child(trial)
    plain = {k: v for k, v in MRD.items() if k not in {"fraction", "quantitative_range"}}
    enter(trial, "mrd", plain | result, "C1D28")
    value, status, reason = faces(trial)[S1]
    assert (value, status) == expected[:2]
    assert expected[2] is None or reason == expected[2]


def test_flow_cytometry_stands_in_and_says_why(trial: Trial) -> None:
    child(trial)
    plain = {k: v for k, v in MRD.items() if k not in {"fraction", "quantitative_range"}}
    enter(trial, "mrd", plain | {"kind": "NEG", "sensitivity": "0.001"}, "C1D28")
    assert faces(trial)[S1] == ("NE", "ne", "rqpcr_sensitivity")
    flow = plain | {"method": "FC", "kind": "NEG", "sensitivity": "0.0001"}
    enter(trial, "mrd", flow, "C1D28", repeat=2)
    assert faces(trial)[S1] == ("NEGATIVE", "final", "rqpcr_sensitivity")


def test_end_of_treatment_is_recovery_or_the_day_before_new_therapy(trial: Trial) -> None:
    child(trial)
    enter(trial, "dosing", DOSE, "C1D1")
    enter(trial, "response", CR, "C1D28")
    assert faces(trial)["eot"][:2] == (None, "pending")
    enter(trial, "end_of_treatment", RECOVERY, "C1D28")
    assert faces(trial)["eot"] == ("2024-02-26", "final", None)
    late = {"start_date": "2024-02-27", "therapy_class": "CONSOLIDATION"}
    therapy = enter(trial, "new_anticancer_therapy", late)
    assert faces(trial)["eot"] == ("2024-02-26", "final", None)
    trial.correct(therapy, {"start_date": "2024-02-20"})
    found = faces(trial)
    assert found["eot"] == ("2024-02-19", "final", None)
    # The response of 25 February came after it, and counts no more.
    assert found["first_response"][0] is None


COUNTS_CASES = (
    ({"neutrophils": "1.0", "platelets": "100"}, "4.9", "CNS1", "CR"),
    ({"neutrophils": "1.0", "platelets": "99"}, "4.9", "CNS1", "CRp"),
    ({"neutrophils": "0.99", "platelets": "150"}, "4.9", "CNS1", "CRi"),
    ({"neutrophils": "0.99", "platelets": "50"}, "4.9", "CNS1", "CRi"),
)


@pytest.mark.proves("ASM-1", kind="oracle")
@pytest.mark.parametrize(("counts", "blasts", "cns", "category"), COUNTS_CASES)
def test_the_category_follows_the_counts(
    trial: Trial, counts: dict[str, str], blasts: str, cns: str, category: str
) -> None:
    child(trial)
    enter(trial, "dosing", DOSE, "C1D1")
    day = "2024-02-25"
    items = counts | {"sample_date": day, "peripheral_blasts": "0"}
    enter(trial, "blood_count", items, "C1D28")
    marrow = {"sample_date": day, "evaluable": True, "blasts": blasts, "trilineage": True}
    enter(trial, "marrow", marrow, "C1D28")
    enter(
        trial,
        "extramedullary",
        {"assessment_date": day, "cns_status": cns, "disease": False, "new_site": False},
        "C1D28",
    )
    enter(trial, "end_of_treatment", RECOVERY, "C1D28")
    assert faces(trial)["response_computed"][0] == category


def test_a_partial_date_that_could_change_the_end_of_treatment_is_a_question(trial: Trial) -> None:
    child(trial)
    enter(trial, "dosing", DOSE, "C1D1")
    enter(trial, "end_of_treatment", RECOVERY, "C1D28")
    therapy = {"start_date": "2024-02", "therapy_class": "SALVAGE"}
    enter(trial, "new_anticancer_therapy", therapy)
    assert faces(trial)["eot"] == (None, "ne", "partial_date")
    assert "query_partial_date" in read(trial, "eot", role="statistician").json()["trace"]["notes"]


def test_blasts_that_are_not_cleared_are_no_response_whatever_else_is_missing(
    trial: Trial,
) -> None:
    child(trial)
    enter(trial, "dosing", DOSE, "C1D1")
    enter(trial, "end_of_treatment", RECOVERY, "C1D28")
    marrow = {"sample_date": "2024-02-25", "evaluable": True, "blasts": "60"}
    enter(trial, "marrow", marrow, "C1D28")
    assert faces(trial)["responder_computed"][0] == "no"
