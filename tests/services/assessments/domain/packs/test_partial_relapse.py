"""A relapse that is not dated to the day leaves what does not hang on it as it is."""

import pytest

from services.assessments.domain.packs.facts import facts_from_json
from services.assessments.domain.packs.registry import derive_all, packs_needed
from shared.rules.loading import load_pack


@pytest.mark.parametrize("told", ["2024-06", "2025"])
def test_a_relapse_dated_to_the_month_or_year_moves_neither_eot_nor_response(told: str) -> None:
    facts = facts_from_json({
        "subject": "S-1",
        "randomization": [{"record": "a1", "randomization_date": "2024-01-29"}],
        "dosing": [{"record": "d1", "dose_date": "2024-01-29", "given": True}],
        "marrow": [
            {"record": "m1", "sample_date": "2024-02-26", "evaluable": True, "blasts": "4.9"}
        ],
        "blood_count": [
            {"record": "b1", "sample_date": "2024-02-26", "neutrophils": "1.0",
             "platelets": "100", "peripheral_blasts": "0"}
        ],
        "extramedullary": [
            {"record": "e1", "assessment_date": "2024-02-26", "cns_status": "CNS1",
             "disease": False}
        ],
        "end_of_treatment": [{"record": "t1", "recovery_date": "2024-02-26"}],
        "relapse_progression": [{"record": "x", "event_date": told, "event": "RELAPSE"}],
    })  # fmt: skip
    packs = {name: load_pack(name) for name in packs_needed()}
    found = {each.derivation: each for each in derive_all(facts, packs)}
    assert str(found["eot"].value) == "2024-02-26"
    assert (found["response_computed"].value, found["response_computed"].status) == ("CR", "final")
