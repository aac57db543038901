"""Fixtures of all tests. Postgres is always a real one: a cluster a session, a database a test."""

import io
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from infra.database.studies import activate as activate_definition
from shared.http.logs import log_to
from shared.identity.issuer import Issuer
from shared.study import StudyDefinition
from tests.support.api import ApiClient
from tests.support.database import TestDatabase, TestServer
from tests.support.definitions import shipped

HOME = "INDUCT_TEST_HOME"
ROOM_BYTES = 2 * 1024**3

# No test goes by the clock, and the gate must end in time; a change of an invariant is tried with
# `pytest --hypothesis-profile deep` as well.
settings.register_profile("gate", max_examples=40, deadline=None)
settings.register_profile("deep", max_examples=1000, deadline=None)
settings.load_profile("gate")


def pytest_configure(config: pytest.Config) -> None:
    # Workers inherit the variable, so that all of them share one cluster.
    if not hasattr(config, "workerinput") and HOME not in os.environ:
        home = Path(tempfile.mkdtemp(prefix="induct-tests-", dir=_memory()))
        home.chmod(0o755)  # root's Postgres runs as somebody else, who must get there
        os.environ[HOME] = str(home)
        config.stash[_OWNER] = True


def _memory() -> str | None:
    """A folder in memory where there is room: a database a test means thousands of small files
    made and deleted, and on a disk most of the time goes into waiting for them."""
    memory = Path("/dev/shm")  # noqa: S108 (a folder of our own inside it)
    if not memory.is_dir() or shutil.disk_usage(memory).free < ROOM_BYTES:
        return None
    return str(memory)


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


@pytest.fixture
def database(server: TestServer) -> Iterator[TestDatabase]:
    """A migrated, empty database of this test."""
    made = server.create()
    yield made
    server.drop(made)


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
def activate(database: TestDatabase) -> Callable[[str], StudyDefinition]:
    """Puts a shipped study definition in force (training mode)."""

    def put_in_force(study: str) -> StudyDefinition:
        definition = shipped(study)
        activate_definition(
            database.url("induct_migrator"),
            definition,
            mode="training",
            actor="test",
            reason="activated for a test",
        )
        return definition

    return put_in_force
