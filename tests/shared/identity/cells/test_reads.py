"""What is read at one site is byte for byte the same, whether another site has anything or not:
lists, searches, counts, exports, sizes and headers."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from infra.database.cast import SERVICES
from shared.identity.matrix import matrix
from tests.shared.identity.cells.builder import Builder
from tests.shared.identity.cells.cells import ask, told
from tests.shared.identity.cells.places import ANOTHER, OWN, STUDY, Ids
from tests.shared.identity.routes import ROUTES, Route
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.pool import Begin

# Whoever reads is told when: both times the same.
LATER = datetime(2026, 12, 31, tzinfo=UTC)
ClientFor = Callable[[str], ApiClient]
Told = tuple[int, bytes, dict[str, str]]


@pytest.fixture
def half(database: TestDatabase, client_for: ClientFor, begin: Begin) -> tuple[Builder, Ids]:
    """Two open sites, of which one has children."""
    builder = Builder(database, client_for, STUDY)

    def fill() -> tuple[Ids, tuple[str, str]]:
        builder.begin(OWN, ANOTHER)
        return builder.of_study() | builder.of_site(OWN), builder.desk

    found, builder.desk = begin("a trial of which one site has children", fill)
    return builder, found


@pytest.mark.parametrize("service", SERVICES)
def test_what_another_site_has_changes_no_byte_of_what_is_read_at_this_one(
    service: str, half: tuple[Builder, Ids], client_for: ClientFor
) -> None:
    builder, place = half
    api = client_for(service)
    before = dict(everything(api, service, place))
    builder.of_site(ANOTHER)
    after = dict(everything(api, service, place))
    assert [what for what in before if before[what] != after[what]] == []


def everything(api: ApiClient, service: str, place: Ids) -> Iterator[tuple[str, Told]]:
    """Every answer to a question, as every role that may ask it and is of the site."""
    for route in ROUTES:
        if route.service != service or route.method != "GET":
            continue
        for role in sorted(matrix().operations[route.operation].roles):
            yield f"{role} {route.operation}", told(ask(api, route, role, place, at=LATER))
    if service == "assessments":
        yield from exports(api, place)


def exports(api: ApiClient, place: Ids) -> Iterator[tuple[str, Told]]:
    """Every file of a new export, as a role of the site and as one of all sites that is masked."""
    create = by_name("assessments.create_export")
    for role in ("coordinator", "data_manager"):
        made = ask(api, create, role, place, at=LATER)
        path = f"/exports/{made.json()['export_id']}/"
        for file in made.json()["files"]:
            answer = api.get(path + file["href"], role=role, sites=[OWN], client=f"{role}-{OWN}")
            yield f"{role} {file['name']}", told(answer)


def by_name(operation: str) -> Route:
    (found,) = (route for route in ROUTES if route.operation == operation)
    return found
