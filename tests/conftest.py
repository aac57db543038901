"""Fixtures of all tests. Postgres is always a real one: a cluster a session, a database a test."""

import gc
import io
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from infra.database.studies import activate as activate_definition
from shared.http.logs import log_to
from shared.identity.issuer import Issuer
from shared.study import StudyDefinition
from tests.support.api import ApiClient
from tests.support.database import TestDatabase, TestServer
from tests.support.definitions import shipped
from tests.support.places import memory
from tests.support.pool import Begin, DatabasePool
from tests.support.results import register

HOME = "INDUCT_TEST_HOME"
STACK = "tests/infra/local/"
SIMULATION = "tests/simulation/"

# No test goes by the clock, and the gate must end in time; a change of an invariant is tried with
# `pytest --hypothesis-profile deep` as well.
settings.register_profile("gate", max_examples=25, deadline=None)
settings.register_profile("deep", max_examples=1000, deadline=None)
settings.load_profile("gate")


# Collecting makes millions of objects that live to the end. To look for garbage among them takes a
# sixth of its time: they are put aside, and only what tests leave is looked through.
GARBAGE_EVERY = (5_000, 20, 20)
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "long: takes seconds, and is begun early")
    config.addinivalue_line("markers", "drawn: figures and paper are drawn, and not only told")
    config.addinivalue_line("markers", "proves(requirement, kind): see docs/validation")
    register(config)
    # Workers inherit the variable, so that all of them share one cluster.
    if not hasattr(config, "workerinput") and HOME not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="induct-tests-", dir=memory()))
        home.chmod(0o755)  # root's Postgres runs as somebody else, who must get there
        os.environ[HOME] = str(home)
        config.stash[_OWNER] = True


class ByFolder(LoadFileScheduling):
    """As `--dist loadfile`, but the files that share a stack, which takes ten seconds to start and
    to stop, are one worker's together. So do those that are no seeds of the simulation."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(STACK):
            return STACK
        if nodeid.startswith(SIMULATION) and "_seeds.py" not in nodeid:
            return SIMULATION
        return super()._split_scope(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFolder | None:
    return ByFolder(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # A file is one worker's (`--dist loadfile`), so that what its tests share is made once. Files
    # with a long test come first, then those of most tests: a worker that meets one at the end
    # keeps everybody waiting.
    size = Counter(item.path for item in items)
    long = {item.path for item in items if item.get_closest_marker("long") is not None}
    items.sort(key=lambda item: (item.path not in long, -size[item.path], str(item.path)))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.set_threshold(*GARBAGE_EVERY)
    gc.enable()


def pytest_unconfigure(config: pytest.Config) -> None:
    if config.stash.get(_OWNER, False):
        home = Path(os.environ.pop(HOME))
        TestServer(home).destroy()
        shutil.rmtree(home, ignore_errors=True)


_OWNER = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[io.StringIO]:
    """What the code under test logs."""
    lines = io.StringIO()
    log_to(lines)
    yield lines
    log_to(None)


@pytest.fixture(scope="session")
def server() -> TestServer:
    """The session's Postgres cluster with a migrated template database."""
    found = TestServer(Path(os.environ[HOME]))
    found.start()
    return found


@pytest.fixture(scope="session")
def database_pool(server: TestServer) -> Iterator[DatabasePool]:
    """The worker's databases."""
    pool = DatabasePool(server)
    yield pool
    pool.close()


@pytest.fixture
def database(database_pool: DatabasePool) -> Iterator[TestDatabase]:
    """A migrated, empty database of this test."""
    taken = database_pool.take()
    yield taken
    database_pool.give_back(taken)


@pytest.fixture
def begin(database_pool: DatabasePool, database: TestDatabase) -> Begin:
    """Fills the test's database: ``begin("two open sites", open_both)`` calls ``open_both`` for
    the first test of a worker, and gives every later one, which has come as far by other such
    steps or none, the rows that it left."""

    def fill(name: str, build: Callable[[], Any]) -> Any:
        return database_pool.begin(database, name, build)

    return fill


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """Issues the tokens that the apps under test accept."""
    return Issuer("http://issuer.test", "induct", tmp_path_factory.mktemp("keys") / "key.pem")


@pytest.fixture
def client_for(database: TestDatabase, issuer: Issuer) -> Iterator[Callable[[str], ApiClient]]:
    """Makes clients of a service's app: ``api = client_for("randomization")``."""
    made: list[ApiClient] = []

    def make(service: str, *, sandbox: bool = True, pool_size: int = 10) -> ApiClient:
        client = ApiClient(service, database, issuer, sandbox=sandbox, pool_size=pool_size)
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


@pytest.fixture
def activate(database: TestDatabase, begin: Begin) -> Callable[[str], StudyDefinition]:
    """Puts a shipped study definition in force (training mode)."""

    def put_in_force(study: str) -> StudyDefinition:
        definition = shipped(study)

        def do() -> None:
            activate_definition(
                database.url("induct_migrator"),
                definition,
                mode="training",
                actor="test",
                reason="activated for a test",
            )

        begin(f"{study} is in force", do)
        return definition

    return put_in_force
