"""A study in force, the issuer's keys over HTTP, and environments of services."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.identity.issuer import Issuer
from shared.study import StudyDefinition
from tests.lambda_entries.environment import Environment, KeyServer
from tests.support.database import TestDatabase

Start = Callable[[str], Environment]


@pytest.fixture
def key_server(issuer: Issuer) -> Iterator[KeyServer]:
    with KeyServer(issuer) as server:
        yield server


@pytest.fixture
def start(
    database: TestDatabase,
    issuer: Issuer,
    key_server: KeyServer,
    activate: Callable[[str], StudyDefinition],
    tmp_path: Path,
) -> Iterator[Start]:
    """Starts an environment of a service: ``lambda_ = start("randomization")``."""
    activate("NCT05748171")
    with ExitStack() as running:
        yield lambda service: running.enter_context(
            Environment(service, database, issuer, key_server.url, tmp_path / f"{service}.log")
        )
