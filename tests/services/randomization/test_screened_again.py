"""One child, several screening numbers, one allocation."""

from tests.services.randomization.world import open_sites, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
PROBLEM = "urn:induct:problem:"


def screen_again(database: TestDatabase, number: str, before: str, site: str = "S01") -> None:
    screen(database, number, site=site, study=STUDY)
    with database.admin() as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE assessments.subject SET rescreening_of = %s WHERE subject_id = %s",
            (before, number),
        )


def test_a_child_screened_again_is_allocated_under_its_new_number(
    api: ApiClient, database: TestDatabase
) -> None:
    screen_again(database, "S01-003", "S01-001")
    assert api.post("/allocations", json=request("S01-003")).status_code == 201


def test_a_child_is_never_allocated_under_two_of_its_numbers(
    api: ApiClient, database: TestDatabase
) -> None:
    screen_again(database, "S01-003", "S01-001")
    screen_again(database, "S01-004", "S01-003")
    assert api.post("/allocations", json=request("S01-001")).status_code == 201
    for number in ("S01-003", "S01-004"):
        answer = api.post("/allocations", json=request(number))
        assert (answer.status_code, answer.json()["type"]) == (409, PROBLEM + "already-allocated")


def test_an_allocation_at_another_site_counts_though_the_caller_cannot_see_it(
    api: ApiClient, database: TestDatabase
) -> None:
    open_sites(api, "S02")
    screen_again(database, "S02-001", "S01-001", site="S02")
    assert api.post("/allocations", json=request("S01-001")).status_code == 201
    answer = api.post("/allocations", json=request("S02-001", "S02"), sites=["S02"])
    assert answer.json()["type"] == PROBLEM + "already-allocated"
    assert "S01-001" not in answer.text


def test_two_numbers_of_one_child_at_once_give_one_allocation(
    api: ApiClient, database: TestDatabase
) -> None:
    for pair in range(10):
        first, second = f"S01-{pair}10", f"S01-{pair}11"
        screen(database, first, study=STUDY)
        screen_again(database, second, first)
        # In two strata, so that no lock of a stratum keeps them apart.
        answers = api.together(
            api.call("POST", "/allocations", json=request(number, first_diagnosis_date=diagnosed))
            for number, diagnosed in ((first, "2022-01-10"), (second, "2021-08-10"))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
