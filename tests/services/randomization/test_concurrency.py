"""Sixty-four children at once: more than there are connections, over one stratum and over eight."""

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.randomization import designs
from tests.services.randomization.bursts import Ask, Told, burst, check_each_answered_once
from tests.services.randomization.designs import THIRD_FACTOR, Design, cap
from tests.services.randomization.expected import LATE, STUDY
from tests.services.randomization.ledger import check_ledger
from tests.services.randomization.sessions import used
from tests.services.randomization.world import BLOCKS, open_sites, put_in_force, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

AT_ONCE = 64
CONNECTIONS = 8
SITES = ("S01", "S02", "S03", "S04")
ONE_STRATUM: list[dict[str, Any]] = [{"age": 8, "values": {}, "strata": {}}]
EIGHT_STRATA: list[dict[str, Any]] = [
    {"age": age, "values": remission, "strata": {"risk": risk}}
    for age, remission, risk in itertools.product((8, 12), ({}, LATE), ("low", "high"))
]
pytestmark = pytest.mark.long
Ready = Callable[[Design], ApiClient]


@pytest.fixture
def ready(client_for: Callable[..., ApiClient], database: TestDatabase) -> Ready:
    """A study of a design, open at four sites; the app has fewer connections than clients."""

    def make(design: Design) -> ApiClient:
        designs.put_in_training(database, designs.define(design, STUDY))
        api = client_for("randomization", pool_size=CONNECTIONS)
        open_sites(api, *SITES)
        put_in_force(api, BLOCKS)
        return api

    return make


def asks(database: TestDatabase, places: Sequence[dict[str, Any]]) -> list[Ask]:
    """One request for each child; sites and strata in turn."""
    made = []
    for n in range(AT_ONCE):
        place = places[n % len(places)]
        # The site goes on with each round of the strata, so that every stratum meets every site.
        site = SITES[(n + n // len(places)) % len(SITES)]
        child = f"{site}-{n:03}"
        year = datetime.now(UTC).year - 1 - place["age"]
        screen(database, child, site=site, study=STUDY, born=f"{year}-12")
        body = request(child, site, age_years=place["age"], **place["values"])
        made.append(Ask(body | {"strata": place["strata"]}, f"key of {child}"))
    return made


def check(database: TestDatabase, design: Design, told: dict[str, Told]) -> None:
    check_each_answered_once(told)
    expected = designs.list_of(designs.define(design, STUDY))
    assert check_ledger(database, expected) == AT_ONCE == len(told)
    answered = sum(len(answers.statuses) for answers in told.values())
    ((attempts,),) = database.rows("SELECT count(*) FROM randomization.attempt WHERE outcome < 400")
    assert attempts == answered


def test_over_one_stratum_they_take_its_first_sixty_four_numbers(
    ready: Ready, database: TestDatabase
) -> None:
    design = Design(capacity=AT_ONCE)
    api = ready(design)
    told = burst(api, asks(database, ONE_STRATUM))
    check(database, design, told)
    assert [row[1] for row in used(database)] == list(range(1, AT_ONCE + 1))


def test_over_eight_strata_each_gives_its_first_eight_numbers(
    ready: Ready, database: TestDatabase
) -> None:
    shipped = designs.define(Design(), STUDY).model_dump(mode="json")["randomization"]["strata"]
    design = Design(capacity=8, changes={"strata": [*shipped, THIRD_FACTOR]})
    api = ready(design)
    told = burst(api, asks(database, EIGHT_STRATA))
    check(database, design, told)
    assert sorted(Counter(str(row[0]) for row in used(database)).values()) == [8] * 8


def test_requests_sent_twice_at_once_are_answered_alike_and_allocate_once(
    ready: Ready, database: TestDatabase
) -> None:
    design = Design(capacity=AT_ONCE)
    api = ready(design)
    once = asks(database, ONE_STRATUM)
    same_key = once[::4]
    other_key = [Ask(ask.body, f"another {ask.key}") for ask in once[1::4]]
    told = burst(api, [*once, *same_key, *other_key])
    check(database, design, told)
    assert sum(answers.statuses.count(200) for answers in told.values()) == AT_ONCE // 2


def test_a_limit_over_eight_strata_admits_exactly_its_number(
    ready: Ready, database: TestDatabase
) -> None:
    shipped = designs.define(Design(), STUDY).model_dump(mode="json")["randomization"]["strata"]
    changes = {"strata": [*shipped, THIRD_FACTOR]}
    design = Design(capacity=8, caps=(cap("study", 21), cap("site", 9)), changes=changes)
    api = ready(design)
    told = burst(api, asks(database, EIGHT_STRATA))
    assert Counter(status for one in told.values() for status in one.statuses) == {201: 21, 409: 43}
    expected = designs.list_of(designs.define(design, STUDY))
    assert check_ledger(database, expected) == 21
    per_site = database.rows("SELECT count(*) FROM randomization.allocation GROUP BY site_id")
    assert max(int(str(row[0])) for row in per_site) <= 9
