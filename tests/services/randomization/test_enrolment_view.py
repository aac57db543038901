"""Progress of enrolment: counted for the sites that the reader sees, and never by arm."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.services.randomization.expected import UNDER_24
from tests.services.randomization.planting import mark_in_error, screened
from tests.services.randomization.two_sites import allocate, enrol
from tests.services.randomization.world import BLOCKS, open_sites, put_in_force, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
HTML = {"Accept": "text/html"}
SOURCE = {"kind": "assumed", "note": "test"}
NOW = datetime.now(UTC)
# An hour before the month ends in UTC it has ended in Prague. The last March that is over.
LAST_NIGHT = datetime(NOW.year - (NOW.month < 4), 3, 31, 23, 0, tzinfo=UTC)


@pytest.fixture
def two_sites(api: ApiClient, database: TestDatabase) -> ApiClient:
    return enrol(api, database)


def test_enrolment_is_counted_by_site_country_stratum_and_month(two_sites: ApiClient) -> None:
    found = two_sites.get("/enrolment", role="sponsor").json()
    assert found["covers"] == "study"
    totals = {name: found[name] for name in ("study", "planned", "screened", "randomized")}
    assert totals == {"study": STUDY, "planned": 100, "screened": 5, "randomized": 4}
    assert [(s["site"], s["country"], s["screened"], s["randomized"]) for s in found["sites"]] == [
        ("S01", "CZ", 3, 3),
        ("S02", "FR", 2, 1),
    ]
    assert found["countries"] == [
        {"country": "CZ", "sites": 1, "screened": 3, "randomized": 3, "cap": None},
        {"country": "FR", "sites": 1, "screened": 2, "randomized": 1, "cap": None},
    ]
    strata = {s["stratum"]: s["randomized"] for s in found["strata"]}
    assert strata[UNDER_24] == 3
    assert sorted(strata.values()) == [0, 0, 1, 3]
    (month,) = found["months"]
    assert (month["screened"], month["randomized"], month["cumulative"]) == (5, 4, 4)


def test_a_site_sees_its_own_children_only(two_sites: ApiClient) -> None:
    found = two_sites.get("/enrolment", role="investigator", sites=["S02"]).json()
    assert [site["site"] for site in found["sites"]] == ["S02"]
    assert (found["screened"], found["randomized"]) == (2, 1)
    assert [one["country"] for one in found["countries"]] == ["FR"]
    assert sum(one["randomized"] for one in found["strata"]) == 1
    # The target is the whole study's: beside one site's count it would mislead.
    assert found["target"] is None
    assert found["months"][-1]["target"] is None
    assert (found["covers"], found["planned"]) == ("your-sites", None)
    page = two_sites.get("/enrolment", role="investigator", sites=["S02"], headers=HTML).text
    assert "S02" in page
    assert "S01" not in page
    assert "Enrolment at your sites" in page
    for word in ("of plan", "planned", "Target", "behind", "ahead"):
        assert word not in page


def test_a_month_is_the_one_at_the_site(two_sites: ApiClient, database: TestDatabase) -> None:
    screen(database, "S01-004", study=STUDY, born=f"{LAST_NIGHT.year - 9}-12")
    screened(database, "S01-004", "S01", LAST_NIGHT)
    allocate(two_sites, "S01-004", at=LAST_NIGHT)
    months = two_sites.get("/enrolment", role="sponsor").json()["months"]
    year = LAST_NIGHT.year
    assert months[0]["month"] == f"{year}-04"
    assert (months[0]["screened"], months[0]["randomized"]) == (1, 1)
    numbers = [12 * int(month["month"][:4]) + int(month["month"][5:]) for month in months]
    whole = list(range(numbers[0], numbers[-1] + 1))
    assert numbers == whole, "a month without anybody is missing"
    assert months[-1]["cumulative"] == 5


def test_every_month_stands_beside_the_target_of_the_definition(two_sites: ApiClient) -> None:
    found = two_sites.get("/enrolment", role="sponsor").json()
    assert found["target"] == {"subjects": 100, "starts_on": "2023-05", "months": 102}
    month = found["months"][-1]
    passed = (int(month["month"][:4]) - 2023) * 12 + int(month["month"][5:]) - 5 + 1
    assert month["target"] == 100 * passed // 102


def test_who_was_randomized_in_error_is_told_in_total_only(
    two_sites: ApiClient, database: TestDatabase
) -> None:
    mark_in_error(database, "S01-001", "S01")
    found = two_sites.get("/enrolment", role="sponsor").json()
    assert (found["randomized"], found["in_error"]) == (4, 1)
    del found["in_error"]
    assert "error" not in str(found)


def test_limits_are_shown_where_they_are_somebodys_own_and_used_in_total(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    api = variant(
        caps=[
            {"id": "s", "scope": "site", "limit": 7, "source": SOURCE},
            {"id": "s1", "scope": "site", "target": "S01", "limit": 5, "source": SOURCE},
            {"id": "young", "scope": "stratum", "target": "age_group=lt10", "limit": 40,
             "counts_in_error": False, "source": SOURCE},
            {"id": "all", "scope": "study", "limit": 90, "source": SOURCE},
        ]
    )  # fmt: skip
    open_sites(api, "S02")
    put_in_force(api, BLOCKS)
    screen(database, "S01-001", "S01-002", study=STUDY)
    for subject in ("S01-001", "S01-002"):
        allocate(api, subject)
    mark_in_error(database, "S01-001", "S01")
    found = api.get("/enrolment", role="sponsor").json()
    assert [(site["site"], site["cap"]) for site in found["sites"]] == [("S01", 5), ("S02", 7)]
    assert {one["cap"] for one in found["strata"]} == {None}
    assert [(use["cap"], use["group"], use["limit"], use["used"]) for use in found["caps"]] == [
        ("s", "S01", 7, 2), ("s1", "S01", 5, 2), ("young", "age_group=lt10", 40, 1),
        ("all", "*", 90, 2),
    ]  # fmt: skip
    own = api.get("/enrolment", role="investigator").json()
    assert own["caps"] == []
    assert [(site["site"], site["cap"]) for site in own["sites"]] == [("S01", 5)]


def test_limits_of_countries_and_strata_do_not_stand_beside_the_count_of_a_part(
    variant: Callable[..., ApiClient], database: TestDatabase
) -> None:
    api = variant(
        caps=[
            {"id": "country", "scope": "country", "limit": 1, "source": SOURCE},
            {"id": "stratum", "scope": "stratum", "limit": 1, "source": SOURCE},
        ]
    )
    for role, limit in (("sponsor", 1), ("investigator", None)):
        found = api.get("/enrolment", role=role).json()
        assert {one["cap"] for one in (*found["countries"], *found["strata"])} == {limit}


def test_enrolment_is_a_page_for_a_browser_and_nothing_else_is_on_offer(
    two_sites: ApiClient,
) -> None:
    answer = two_sites.get("/enrolment", role="sponsor", headers=HTML)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "4 of 100" in answer.text
    assert "<svg" in answer.text
    refused = two_sites.get("/enrolment", role="sponsor", headers={"Accept": "application/pdf"})
    assert (refused.status_code, refused.json()["type"]) == (
        406,
        "urn:induct:problem:not-acceptable",
    )
