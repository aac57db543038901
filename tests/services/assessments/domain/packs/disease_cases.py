"""Subjects for tests of eot, response, mrd and relapse: one child, Day 1 on 29 January 2024."""

from datetime import date
from typing import Any

from services.assessments.domain.packs.disease import PACKS, disease_results
from services.assessments.domain.packs.facts import SubjectFacts, facts_from_json
from services.assessments.domain.packs.result import Result
from shared.rules.loading import changed_pack, load_pack

DAY1 = "2024-01-29"
MARROW_DAY = "2024-02-24"
RECOVERY = "2024-02-26"

Changes = dict[str, str | int | bool | list[str]]


def subject(**forms: list[dict[str, Any]]) -> SubjectFacts:
    """Randomized and dosed on Day 1, with these forms; record ids are given where missing."""
    base: dict[str, list[dict[str, Any]]] = {
        "randomization": [{"randomization_date": DAY1}],
        "dosing": [{"dose_date": DAY1, "given": True, "product": "INO"}],
    }
    named = {
        form: [{"record": f"{form}-{number}", **entry} for number, entry in enumerate(entries)]
        for form, entries in (base | forms).items()
    }
    return facts_from_json({"subject": "S-001", **named})


def induction(
    *,
    marrow: dict[str, Any] | None = None,
    count: dict[str, Any] | None = None,
    outside: dict[str, Any] | None = None,
    **forms: list[dict[str, Any]],
) -> SubjectFacts:
    """A child in complete response on day 27 who recovered on day 29, but for what is changed."""
    clean: dict[str, list[dict[str, Any]]] = {
        "marrow": [
            {"record": "m0", "sample_date": "2024-01-25", "evaluable": True, "blasts": "80"},
            {"record": "m1", "sample_date": MARROW_DAY, "evaluable": True, "blasts": "1"}
            | (marrow or {}),
        ],
        "blood_count": [
            {"record": "b0", "sample_date": "2024-01-25", "peripheral_blasts": "40"},
            {
                "record": "b1",
                "sample_date": MARROW_DAY,
                "neutrophils": "1.0",
                "platelets": "100",
                "peripheral_blasts": "0",
            }
            | (count or {}),
        ],
        "extramedullary": [
            {
                "record": "e0",
                "assessment_date": "2024-01-25",
                "cns_status": "CNS1",
                "disease": False,
            },
            {
                "record": "e1",
                "assessment_date": MARROW_DAY,
                "cns_status": "CNS1",
                "disease": False,
            }
            | (outside or {}),
        ],
        "end_of_treatment": [{"record": "r1", "recovery_date": RECOVERY}],
    }
    return subject(**(clean | forms))


def results(
    facts: SubjectFacts, as_of: date | None = None, **changes: Changes
) -> dict[str, Result]:
    """Every result by name; `changes` sets parameters of packs (`mrd={"strict_reach": True}`)."""
    packs = {
        name: changed_pack(name, changes[name]) if name in changes else load_pack(name)
        for name in PACKS
    }
    return {result.derivation: result for result in disease_results(facts, packs, as_of)}
