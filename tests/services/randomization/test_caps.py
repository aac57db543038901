"""Limits on enrolment: cap N admits N and refuses N + 1, counted under the lock."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.services.randomization.world import (
    BLOCKS,
    codes,
    open_sites,
    put_in_force,
    request,
    screen,
)
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
SOURCE = {"kind": "assumed", "note": "test"}
Variant = Callable[..., ApiClient]


def cap(scope: str, limit: int, **more: Any) -> dict[str, Any]:
    return {"id": f"{scope}_cap", "scope": scope, "limit": limit, "source": SOURCE} | more


def ask(api: ApiClient, subject: str, **changes: Any) -> int:
    site = subject[:3]
    return api.post(
        "/allocations", json=request(subject, site, **changes), sites=[site]
    ).status_code


def test_the_study_cap_admits_its_number_and_refuses_the_next(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("study", 3)])
    put_in_force(api, BLOCKS)
    screen(database, *(f"S01-00{n}" for n in range(1, 6)), study=STUDY)
    assert [ask(api, f"S01-00{n}") for n in range(1, 5)] == [201, 201, 201, 409]
    answer = api.post("/allocations", json=request("S01-005"))
    assert (answer.json()["type"], codes(answer)) == (
        "urn:induct:problem:cap-reached",
        ["study_cap"],
    )
    assert database.rows(
        "SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL"
    ) == [(3,)]


def test_a_site_cap_counts_each_site_for_itself(variant: Variant, database: TestDatabase) -> None:
    api = variant(caps=[cap("site", 1)])
    open_sites(api, "S02")
    put_in_force(api, BLOCKS)
    for site in ("S01", "S02"):
        screen(database, f"{site}-001", f"{site}-002", site=site, study=STUDY)
    assert [ask(api, s) for s in ("S01-001", "S01-002", "S02-001", "S02-002")] == [
        201,
        409,
        201,
        409,
    ]


def test_a_cap_of_one_country_leaves_the_others_alone(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("country", 1, target="CZ")])
    open_sites(api, "S02", country="FR", time_zone="Europe/Paris")
    put_in_force(api, BLOCKS)
    for site in ("S01", "S02"):
        screen(database, f"{site}-001", f"{site}-002", site=site, study=STUDY)
    assert [ask(api, s) for s in ("S01-001", "S01-002", "S02-001", "S02-002")] == [
        201,
        409,
        201,
        201,
    ]


def test_a_cap_of_one_level_counts_every_stratum_with_it(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("stratum", 1, target="age_group=lt10")])
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", "S01-002", study=STUDY)
    # Of the same age group, and of another time to relapse: another stratum under the same cap.
    assert ask(api, "S01-001") == 201
    assert ask(api, "S01-002", first_diagnosis_date="2021-08-10") == 409


def test_a_child_of_another_site_counts_though_its_row_is_invisible_to_the_caller(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("study", 1)])
    open_sites(api, "S02")
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", study=STUDY)
    screen(database, "S02-001", site="S02", study=STUDY)
    assert [ask(api, "S02-001"), ask(api, "S01-001")] == [201, 409]


@pytest.mark.proves("RND-7", kind="fault")
def test_many_at_once_never_break_a_cap_of_the_study(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("study", 7)])
    put_in_force(api, BLOCKS)
    children = [f"S01-{n:03}" for n in range(1, 31)]
    screen(database, *children, study=STUDY)
    remissions = ("2022-01-10", "2021-08-10")
    answers = api.together(
        api.call("POST", "/allocations",
                 json=request(child, first_diagnosis_date=remissions[n % 2]))
        for n, child in enumerate(children)
    )  # fmt: skip
    assert sorted(answer.status_code for answer in answers) == [201] * 7 + [409] * 23


def test_thresholds_are_told_once_each_by_the_allocation_that_reaches_them(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("study", 4, alerts=[50, 75, 100])])
    put_in_force(api, BLOCKS)
    screen(database, *(f"S01-00{n}" for n in range(1, 5)), study=STUDY)
    for n in range(1, 5):
        assert ask(api, f"S01-00{n}") == 201
    told = database.rows(
        "SELECT (envelope->'data'->>'percent')::int, envelope->'data'->>'target'"
        " FROM platform.outbox WHERE type = 'cap.threshold' ORDER BY created_at"
    )
    assert told == [(50, STUDY), (75, STUDY), (100, STUDY)]


def test_a_child_that_is_in_under_the_cap_is_still_told_its_arm(
    variant: Variant, database: TestDatabase
) -> None:
    api = variant(caps=[cap("study", 1)])
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", study=STUDY)
    assert [ask(api, "S01-001"), ask(api, "S01-001")] == [201, 200]


def test_the_planned_number_running_low_is_told_once(
    variant: Variant, database: TestDatabase
) -> None:
    scheme = {"method": "permuted_blocks", "block_sizes": [3, 6, 9], "capacity_per_stratum": 5,
              "source": SOURCE}  # fmt: skip
    api = variant(scheme=scheme, low_water_percent=40)
    put_in_force(api, BLOCKS)
    screen(database, *(f"S01-00{n}" for n in range(1, 6)), study=STUDY)
    for n in range(1, 6):
        assert ask(api, f"S01-00{n}") == 201
    told = database.rows(
        "SELECT o.envelope->'data'->>'list_id', count(*) FROM platform.outbox o"
        " WHERE type = 'list.low' GROUP BY 1"
    )
    assert told == [("L1", 1)]
