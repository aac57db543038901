"""A study in force, the issuer's keys over HTTP, and environments of services."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest

from infra.database.cast import SERVICES
from infra.local.home import TEMPLATE
from infra.topology import Topology, read_topology
from shared.identity.issuer import Issuer
from shared.study import StudyDefinition
from tests.lambda_entries.environment import Environment, KeyServer
from tests.support.api import SEALING_KEY, SIGNING_KEY
from tests.support.database import TestDatabase


class Start(Protocol):
    """Starts an environment of a function; ``variables`` are beside those of the template."""

    def __call__(
        self, name: str, *, seconds: int | None = None, **variables: str
    ) -> Environment: ...


@pytest.fixture
def key_server(issuer: Issuer) -> Iterator[KeyServer]:
    secrets = {"sealing": SEALING_KEY, "signing": SIGNING_KEY}
    with KeyServer(issuer, secrets) as server:
        yield server


@pytest.fixture
def start(
    database: TestDatabase,
    issuer: Issuer,
    key_server: KeyServer,
    activate: Callable[[str], StudyDefinition],
    topology: Topology,
    tmp_path: Path,
) -> Iterator[Start]:
    """Starts an environment of a function: ``lambda_ = start("RandomizationApi")``."""
    activate("NCT05748171")
    values = _values(database, issuer, key_server.url, tmp_path)
    with ExitStack() as running:

        def started(name: str, *, seconds: int | None = None, **variables: str) -> Environment:
            function = topology.function(name)
            if seconds is not None:
                function = replace(function, timeout=seconds)
            log = tmp_path / f"{name}.log"
            beside = {"AWS_ENDPOINT_URL": key_server.endpoint} | variables
            return running.enter_context(Environment(function, values, beside, log))

        yield started


@pytest.fixture(scope="session")
def topology() -> Topology:
    return read_topology(TEMPLATE)


def _values(database: TestDatabase, issuer: Issuer, keys: str, folder: Path) -> dict[str, str]:
    """What a deployment gives its functions, each by the name of its variable."""
    return {
        f"INDUCT_{name.upper()}_DATABASE_URL": database.url(f"induct_{name}")
        for name in ("platform", *SERVICES)
    } | {
        "INDUCT_ISSUER": issuer.url,
        "INDUCT_AUDIENCE": issuer.audience,
        "INDUCT_JWKS_URL": keys,
        "INDUCT_SIGNATURE_ISSUER": "",
        "INDUCT_SIGNATURE_JWKS_URL": "",
        "INDUCT_SEALING_KEY_SECRET": "sealing",
        "INDUCT_SIGNING_KEY_SECRET": "signing",
        "INDUCT_MIGRATOR_DATABASE_URL": database.url("induct_migrator"),
        "INDUCT_ADMIN_DATABASE_URL": database.admin_url,
        "INDUCT_KEYS_BUCKET": "",
        "INDUCT_KEYS_FROM": keys,
        "INDUCT_SIGNATURE_KEYS_FROM": "",
        "INDUCT_WEBHOOK_HOSTS": "",
        "INDUCT_ARTEFACTS": str(folder / "artefacts"),
        "INDUCT_WITNESS": str(folder / "witness"),
        "INDUCT_BUS": "induct-test",
        "INDUCT_E2B_BUCKET": "induct-reports",
        "INDUCT_FALLBACK_TOPIC": "arn:aws:sns:eu-central-1:000000000000:fallback",
    }
