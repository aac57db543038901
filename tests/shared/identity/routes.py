"""The routes of all services, and their apps on a database that is not there."""

import importlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra.database.cast import SERVICES
from shared.http.app import StrictRoute
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
# What path parameters may look like, so that a path is not refused for its form.
PARAMETERS = {
    "study": STUDY,
    "subject": "S01-001",
    "site": "S01",
    "list_id": "L1",
    "proposal": "00000000-0000-0000-0000-000000000000",
    "step": "00000000-0000-0000-0000-000000000000",
    "derivation": "00000000-0000-4000-8000-000000000001",
    "job": "00000000-0000-4000-8000-000000000001",
    "query": "00000000-0000-4000-8000-000000000001",
    "record": "00000000-0000-4000-8000-000000000001",
    "case": f"{STUDY}-0001",
    "difference": "00000000-0000-4000-8000-000000000001",
    "sender": "00000000-0000-4000-8000-000000000001",
    "obligation": "00000000-0000-4000-8000-000000000001",
    "submission": "00000000-0000-4000-8000-000000000001",
    "export": "00000000-0000-4000-8000-000000000001",
    "file": "dm.csv",
    "endpoint": "00000000-0000-4000-8000-000000000001",
    "secret": "00000000-0000-4000-8000-000000000001",
    "message": "msg_" + "0" * 32,
    "run": "00000000-0000-4000-8000-000000000001",
    "figure": "EFS.svg",
    "report": "open.html",
    "result": "0" * 32,
    "dataset": "adtte.json",
    "sha256": "0" * 64,
}


@dataclass(frozen=True)
class Route:
    """``path`` is relative to the study, as ``ApiClient`` wants it."""

    service: str
    method: str
    template: str
    path: str
    operation: str
    function: str


def _routes(service: str) -> Iterator[Route]:
    for route in importlib.import_module(f"services.{service}.endpoints").router.routes:
        assert isinstance(route, StrictRoute), f"{route} of {service} admits nobody in particular"
        path = re.sub(r"{(\w+)}", lambda found: PARAMETERS[found[1]], route.path)
        (method,) = route.methods or set()
        yield Route(
            service,
            method,
            f"/{service}/v1{route.path}",
            path.removeprefix(f"/studies/{STUDY}"),
            route.operation,
            route.endpoint.__name__,
        )


ROUTES = [route for service in SERVICES for route in _routes(service)]


@contextmanager
def without_database(service: str, issuer: Any) -> Iterator[ApiClient]:
    """A client of a service whose database refuses every connection."""
    nowhere = TestDatabase("nowhere", "postgresql://nobody@127.0.0.1:1/nowhere")
    api = ApiClient(service, nowhere, issuer, sandbox=True, pool_size=1)
    try:
        yield api
    finally:
        api.close()
