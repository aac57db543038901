"""A study with an open site, a list, and children in screening."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.support.api import ApiClient
from tests.support.database import TestDatabase

SITE = {
    "site": "S01",
    "name": "Children's hospital",
    "country": "CZ",
    "time_zone": "Europe/Prague",
}
SECRET = "5f" * 32
BLOCKS = {"method": "permuted_blocks", "list_id": "L1", "secret": SECRET}


def open_sites(api: ApiClient, *sites: str, **changes: Any) -> None:
    for site in sites:
        opened = api.post("/sites", role="admin", json=SITE | {"site": site} | changes)
        assert opened.status_code == 201, opened.text


def open_trial(api: ApiClient, *sites: str) -> None:
    open_sites(api, *(sites or ("S01",)))
    put_in_force(api, BLOCKS)


def put_in_force(api: ApiClient, body: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Seal a list and let a second person approve it; answers the list."""
    sealed = api.post("/lists", role="statistician", json=body, **options)
    assert sealed.status_code == 201, sealed.text
    word = {"root": sealed.json()["root"], "slots": sealed.json()["slots"]}
    path = f"/lists/{body['list_id']}/activation"
    answer = api.post(path, role="admin", json=word, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def screen(
    database: TestDatabase, *subjects: str, site: str = "S01", study: str, born: str | None = None
) -> None:
    """Children as assessments would have registered them, 8 years old all this year."""
    born = born or f"{datetime.now(UTC).year - 9}-12"
    with database.writing() as connection:
        for subject in subjects:
            connection.execute(
                "INSERT INTO assessments.subject (study_id, subject_id, site_id, state,"
                " birth_year_month, sex, consented_on, registered_at)"
                " VALUES (%s, %s, %s, 'screening', %s, 'female', '2024-01-20', now())",
                (study, subject, site, born),
            )


def eligible(**changes: Any) -> dict[str, Any]:
    """Gate values of a child whom every rule admits."""
    values: dict[str, Any] = {
        "age_years": 8,
        "bcp_all": True,
        "relapse_number": 1,
        "marrow_relapse": True,
        "first_diagnosis_date": "2022-01-10",
        "relapse_date": "2024-01-05",
        "kmt2a_aff1": False,
        "tcf3_hlf": False,
        "tcf3_pbx1": False,
        "hypodiploidy": False,
        "tp53_alteration": False,
        "marrow_blasts": "62.5",
        "cd22_positive": True,
        "ast": "31",
        "ast_uln": "40",
        "alt": "45",
        "alt_uln": "40",
        "bilirubin": "9.5",
        "bilirubin_uln": "21",
        "gilbert_syndrome": False,
        "creatinine_clearance": "95",
        "shortening_fraction": "36",
        "philadelphia_positive": False,
        "isolated_extramedullary_relapse": False,
        "prior_allogeneic_hsct": False,
        "prior_car_t": False,
        "prior_calicheamicin_conjugate": False,
        "sos_vod_history": False,
        "uncontrolled_infection": False,
        "assent_due": False,
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def request(subject: str = "S01-001", site: str = "S01", **changes: Any) -> dict[str, Any]:
    return {"subject": subject, "site": site, "values": eligible(**changes), "strata": {}}


def codes(answer: httpx.Response) -> list[str]:
    return [error["code"] for error in answer.json().get("errors", [])]
