"""A study in training with an open site, a list in force, and two children in screening."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.database.studies import activate as activate_definition
from shared.study import StudyDefinition, from_json, to_json
from tests.services.randomization.downtime import ACTIVE, Site, site_of
from tests.services.randomization.sessions import Session, Watcher, sessions
from tests.services.randomization.world import BLOCKS, open_sites, open_trial, put_in_force, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase
from tests.support.definitions import shipped
from tests.support.pool import Begin

STUDY = "NCT05748171"


@pytest.fixture
def empty(
    client_for: Callable[[str], ApiClient], activate: Callable[[str], StudyDefinition]
) -> ApiClient:
    """A study in force without site or list."""
    activate(STUDY)
    return client_for("randomization")


@pytest.fixture
def api(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    begin: Begin,
    database: TestDatabase,
) -> ApiClient:
    """The study with site S01, list L1, and the children S01-001 and S01-002."""
    client = client_for("randomization")

    def fill() -> None:
        activate(STUDY)
        open_trial(client)
        screen(database, "S01-001", "S01-002", study=STUDY)

    begin("one site, one list, two children", fill)
    return client


@pytest.fixture
def variant(
    database: TestDatabase, begin: Begin, client_for: Callable[[str], ApiClient]
) -> Callable[..., ApiClient]:
    """Puts the study in force with another randomization section, and opens site S01:
    ``variant(caps=[...])``. A list is not there yet."""

    def put_in_force(**changes: Any) -> ApiClient:
        content = to_json(shipped(STUDY))
        content["randomization"] |= changes
        api = client_for("randomization")

        def fill() -> None:
            activate_definition(
                database.url("induct_migrator"),
                from_json(content),
                mode="training",
                actor="test",
                reason="a variant for a test",
            )
            open_sites(api, "S01")

        begin(f"one site in a variant: {json.dumps(changes, sort_keys=True)}", fill)
        return api

    return put_in_force


@pytest.fixture
def two(api: ApiClient, database: TestDatabase) -> Iterator[tuple[Session, Session]]:
    """Two sessions of the service's login, to be led step by step; sites S01 and S02 are open."""
    open_sites(api, "S02")
    with sessions(database, 2) as (first, second):
        yield first, second


@pytest.fixture
def watch(database: TestDatabase) -> Iterator[Watcher]:
    """Tells who waits for whom."""
    with database.admin() as admin:
        yield Watcher(admin)


@pytest.fixture
def site(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    begin: Begin,
    database: TestDatabase,
) -> Site:
    """Site S01 with envelopes from list D1, beside the central list L1."""
    api = client_for("randomization")

    def fill() -> dict[str, Any]:
        activate(STUDY)
        open_sites(api, "S01")
        put_in_force(api, BLOCKS, at=ACTIVE)
        return site_of(api, database).exported

    return Site(api, begin("one site with envelopes", fill))
