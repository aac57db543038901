"""The trial that is measured: the shipped one with sixteen strata, and children fit for each."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from shared.study import StudyDefinition, from_json, to_json
from shared.study.loading import load_definition, shipped_definitions

STUDY = "NCT05748171"
SITE = "S01"
TIME_ZONE = "Europe/Prague"
LIST = "L1"
LIST_SECRET = "5f" * 32
FIRST = 100_001  # six digits each, so that every child's requests are of one length
CHILDREN = 1000
# More than any run takes: no stratum gets near its last numbers, when more events would be told.
CAPACITY = 1350

# What puts a child at a level. The first two factors are the shipped definition's.
_LEVELS: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "age_group": {"lt10": {"age_years": 9}, "ge10": {"age_years": 10}},
    "first_remission": {
        "lt24m": {"first_diagnosis_date": "2022-06-10"},
        "ge24m": {"first_diagnosis_date": "2021-08-10"},
    },
    "marrow": {"lt50": {"marrow_blasts": "32.5"}, "ge50": {"marrow_blasts": "62.5"}},
    "clearance": {
        "lt90": {"creatinine_clearance": "75"},
        "ge90": {"creatinine_clearance": "95"},
    },
}
_ADDED = {"marrow": ("marrow_blasts", 50), "clearance": ("creatinine_clearance", 90)}
_GATE: Mapping[str, Any] = {
    "bcp_all": True, "relapse_number": 1, "marrow_relapse": True, "relapse_date": "2024-01-05",
    "kmt2a_aff1": False, "tcf3_hlf": False, "tcf3_pbx1": False, "hypodiploidy": False,
    "tp53_alteration": False, "cd22_positive": True, "ast": "31", "ast_uln": "40", "alt": "45",
    "alt_uln": "40", "bilirubin": "9.5", "bilirubin_uln": "21", "gilbert_syndrome": False,
    "shortening_fraction": "36", "philadelphia_positive": False,
    "isolated_extramedullary_relapse": False, "prior_allogeneic_hsct": False,
    "prior_car_t": False, "prior_calicheamicin_conjugate": False, "sos_vod_history": False,
    "uncontrolled_infection": False, "assent_due": False,
}  # fmt: skip


def _strata() -> Mapping[str, Mapping[str, Any]]:
    found = {}
    for levels in product(*(by_level.items() for by_level in _LEVELS.values())):
        codes = zip(_LEVELS, (code for code, _ in levels), strict=True)
        label = ";".join(f"{factor}={code}" for factor, code in codes)
        found[label] = {name: value for _, values in levels for name, value in values.items()}
    return found


STRATA = _strata()
"""Each stratum's label, with the values that put a child in it."""


@cache
def definition() -> StudyDefinition:
    """The shipped definition with two more factors, and numbers enough for a run in one stratum."""
    data = to_json(load_definition(shipped_definitions()[STUDY]))
    data["randomization"]["scheme"]["capacity_per_stratum"] = CAPACITY
    data["randomization"]["strata"] += [_factor(name, *_ADDED[name]) for name in _ADDED]
    return from_json(data)


def _factor(name: str, item: str, limit: int) -> dict[str, Any]:
    levels = [
        {"code": code, "label": code, "when": {"item": item, "op": code[:2], "value": limit}}
        for code in _LEVELS[name]
    ]
    source = {"kind": "assumed", "note": "made for measuring"}
    return {"factor": name, "label": name, "levels": levels, "source": source}


def birth_month() -> str:
    """Ten years ago this month: as no day is registered, nine and ten years are both possible, so
    that one child may be asked for in any stratum."""
    today = datetime.now(ZoneInfo(TIME_ZONE)).date()
    return f"{today.year - 10}-{today.month:02}"


def subject(number: int) -> str:
    return f"{SITE}-{number}"


def allocation_request(number: int, stratum: str) -> dict[str, Any]:
    """The body that asks for the allocation of a child of that stratum."""
    values = {**STRATA[stratum], **_GATE}
    return {"subject": subject(number), "site": SITE, "values": values, "strata": {}}
