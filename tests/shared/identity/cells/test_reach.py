"""Every role at every route, at its own site, at another and in another study.

What a role may do at all is refused before the database is asked (`test_admission`): 403, whatever
there is. Here is the rest of the cells: what is out of reach is answered as what is not there.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.database.cast import SERVICES
from shared.identity.matrix import matrix
from tests.shared.identity.cells.builder import draw_map
from tests.shared.identity.cells.cells import ask, names, told
from tests.shared.identity.cells.examples import EXAMPLES
from tests.shared.identity.cells.places import Ids, Map, nothing
from tests.shared.identity.routes import ROUTES, Route
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

ClientFor = Callable[[str], ApiClient]
# A job is of the account that opened it, whoever else is of its site.
OF_AN_ACCOUNT = {
    "assessments.send_part", "assessments.read_job", "assessments.list_job_errors",
    "assessments.list_job_receipts",
}  # fmt: skip
# What a night publishes is read where there was one: tests/services/analytics/test_roles.py.
AFTER_A_NIGHT = "urn:induct:problem:not-published"
NO_LOOK_YET = "analytics.record_look"
# No object, though it stands in braces: a word among others.
WORDS = {"study", "authority", "file", "figure", "report", "dataset"}


@pytest.fixture
def drawn(database: TestDatabase, client_for: ClientFor, begin: Begin) -> Map:
    found: Map = begin("one of everything", lambda: draw_map(database, client_for))
    return found


def cells(service: str) -> Iterator[tuple[Route, str]]:
    """The routes of a service, each as every role that may call it."""
    for route in ROUTES:
        if route.service == service:
            for role in sorted(matrix().operations[route.operation].roles):
                yield route, role


def pairs(route: Route, drawn: Map) -> Iterator[tuple[str, Ids, Ids]]:
    """What of another site a call can name, and the same as names nothing: all of it at once, and
    each id alone among those of the own site."""
    named = [name for name in names(route) if name in drawn.another and name not in WORDS]
    if named:
        yield "all", drawn.there, drawn.nowhere_there
    if len(named) > 1:
        absent = nothing(drawn.another)
        for name in named:
            there = drawn.here | {name: drawn.another[name]}
            yield name, there, drawn.here | {name: absent[name]}


@pytest.mark.proves("C15", kind="negative")
@pytest.mark.parametrize("service", SERVICES)
def test_what_is_of_another_site_is_answered_as_what_is_not_there(
    service: str, drawn: Map, client_for: ClientFor, database: TestDatabase
) -> None:
    api, before = client_for(service), changes(database)
    for route, role in cells(service):
        for what, there, nowhere in pairs(route, drawn):
            answer = ask(api, route, role, there)
            assert told(answer) == told(ask(api, route, role, nowhere)), f"{role}, {route}, {what}"
            if what == "all" and route.method != "GET":
                assert answer.status_code in {200, 404, 409, 422}, f"{role}, {route}"
    assert changes(database) == before


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_of_another_study_is_answered_as_what_is_not_there(
    service: str, drawn: Map, client_for: ClientFor
) -> None:
    api, other = client_for(service), drawn.other_study
    for route, role in cells(service):
        if set(names(route)) - WORDS:
            told_of_it = told(ask(api, route, role, other))
            assert told_of_it == told(ask(api, route, role, nothing(other))), f"{role}, {route}"


@pytest.mark.parametrize("service", SERVICES)
def test_a_role_reaches_what_is_of_its_own_site(
    service: str, drawn: Map, client_for: ClientFor
) -> None:
    api = client_for(service)
    for route, role in cells(service):
        answer = ask(api, route, role, drawn.here)
        if answer.status_code < 300 or (role != "coordinator" and route.operation in OF_AN_ACCOUNT):
            continue
        problem = answer.json()["type"]
        if problem != AFTER_A_NIGHT and route.operation != NO_LOOK_YET:
            assert answer.status_code in {409, 412, 422}, f"{role}, {route}: {answer.text}"
            assert problem != "urn:induct:problem:invalid-content", f"{route}: {answer.text}"


def test_every_example_is_of_a_route() -> None:
    assert EXAMPLES.keys() <= {route.operation for route in ROUTES}


def changes(database: TestDatabase) -> list[tuple[Any, ...]]:
    """How often anything of the other site was written."""
    return database.rows(
        "SELECT count(*) FROM platform.audit WHERE site_id = 'S02'"
        " AND table_name <> 'randomization.attempt'"
    )


def test_a_job_is_lost_with_the_site_it_was_opened_at(drawn: Map, client_for: ClientFor) -> None:
    api = client_for("assessments")
    for route, _ in cells("assessments"):
        if route.operation in OF_AN_ACCOUNT:
            moved = {"client": "coordinator-S01", "sites": ["S02"]}
            assert ask(api, route, "coordinator", drawn.here, **moved).status_code == 404
