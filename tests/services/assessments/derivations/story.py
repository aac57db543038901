"""A child whose records give rise to derivations, and ways to look at these."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.services.assessments.support import Trial

SUBJECT = "S01-001"
RANDOMIZED = datetime(2024, 1, 29, 10, 0, tzinfo=UTC)
DOSE = {"product": "INO", "dose_date": "2024-01-29", "given": True}
RECOVERY = {"recovery_date": "2024-02-26"}
CR = {"assessment_date": "2024-02-25", "response": "CR"}
MRD = {
    "sample_id": "S1",
    "sample_date": "2024-02-25",
    "material": "BM",
    "method": "RQPCR",
    "assay_valid": True,
    "kind": "QUANT",
    "fraction": "0.000099",
    "sensitivity": "0.00001",
    "quantitative_range": "0.00005",
}
Record = dict[str, Any]


def enter(trial: Trial, form: str, items: Mapping[str, Any], visit: str | None = None,
          **options: Any) -> Record:  # fmt: skip
    """A record that was entered."""
    made = trial.record(form, items, visit=visit, **options)
    assert made.status_code == 201, made.text
    found: Record = made.json()
    return found


def treat(trial: Trial) -> dict[str, Record]:
    """A treated child in complete response, with a recovery date and an MRD of 0.000099."""
    trial.enrol()
    trial.randomize(at=RANDOMIZED)
    return {
        "dosing": enter(trial, "dosing", DOSE, "C1D1"),
        "response": enter(trial, "response", CR, "C1D28"),
        "end_of_treatment": enter(trial, "end_of_treatment", RECOVERY, "C1D28"),
        "mrd": enter(trial, "mrd", MRD, "C1D28"),
    }


def listed(trial: Trial, subject: str = SUBJECT, **options: Any) -> dict[str, Record]:
    """The derivations of a subject by name."""
    params = {"limit": 200} | options.pop("params", {})
    read = trial.api.get(f"/subjects/{subject}/derivations", params=params, **options)
    assert read.status_code == 200, read.text
    return {each["derivation"]: each for each in read.json()["items"]}


def faces(trial: Trial, subject: str = SUBJECT, **options: Any) -> dict[str, tuple[Any, ...]]:
    """What the derivations of a subject say, by name."""
    found = listed(trial, subject, **options)
    return {name: (d["value"], d["status"], d["reason"]) for name, d in found.items()}


def read(trial: Trial, name: str, subject: str = SUBJECT, **options: Any) -> httpx.Response:
    """One derivation, found by its name."""
    identity = listed(trial, subject, role="statistician")[name]["derivation_id"]
    return trial.api.get(f"/subjects/{subject}/derivations/{identity}", **options)


def changes(trial: Trial) -> list[Record]:
    """The data of the events of derivations, in order."""
    return trial.events("derivation.changed")
