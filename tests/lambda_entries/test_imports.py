"""Importing an entry point does nothing: a frozen environment must have nothing to share.

An environment may be frozen after import and thawed many times over. Whatever it holds by then
(a socket, an event loop, a drawn number) all its copies hold.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# One process a service for all tests of it.
pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
REQUEST_SERVICES = ("randomization", "assessments", "safety")
HEAVY = {
    "alembic",
    "boto3",
    "botocore",
    "PIL",
    "httpx",
    "lifelines",
    "lxml",
    "matplotlib",
    "numpy",
    "pandas",
    "reportlab",
    "scipy",
    "sqlalchemy.orm",
    "yaml",
}
# Watches by audit hook, and by wrappers around what draws randomness without telling the hook.
_WATCH = """
import json, os, sys
opened, drawn = [], []
def watch(event, arguments):
    if event.startswith(("socket.", "sqlite3.", "subprocess.", "os.fork", "os.exec")):
        opened.append(event)
import random, secrets, uuid
before = random.getstate()
real = os.urandom
def urandom(size):
    frame = sys._getframe(1)
    while frame.f_globals["__name__"] in ("uuid", "secrets", "random"):
        frame = frame.f_back
    drawn.append(frame.f_globals["__name__"])
    return real(size)
os.urandom = urandom
uuid.os = os
files = set(os.listdir("/proc/self/fd"))
sys.addaudithook(watch)
import {module} as entry
still = set(os.listdir("/proc/self/fd")) - files
import asyncio
policy = asyncio.get_event_loop_policy()
print(json.dumps({{
    "modules": sorted(sys.modules),
    "opened": opened,
    "drawn": drawn,
    "same_random_state": random.getstate() == before,
    "files": sorted(still),
    "loop": getattr(policy._local, "_loop", None) is not None,
    "callables": [callable(entry.handler), callable(entry.consume)],
}}))
"""


@pytest.fixture(scope="module", params=[*REQUEST_SERVICES, "analytics"])
def imported(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a fresh process shows after importing a service's entry point."""
    # What the template names: analytics on AWS has an entry of its own around the service's.
    module = "infra.aws.analytics" if request.param == "analytics" else None
    script = _WATCH.format(module=module or f"services.{request.param}.entrypoint")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"service": request.param}


def test_an_import_opens_nothing_and_starts_nothing(imported: dict[str, Any]) -> None:
    assert imported["opened"] == []
    assert imported["files"] == []
    assert imported["loop"] is False


def test_an_import_consumes_no_randomness(imported: dict[str, Any]) -> None:
    # OpenTelemetry, which FastAPI imports, names the keys of its context by chance: no copy of
    # the process ever compares them with another's.
    assert set(imported["drawn"]) <= {"opentelemetry.context"}
    assert imported["same_random_state"]


def test_both_entry_points_are_there(imported: dict[str, Any]) -> None:
    assert imported["callables"] == [True, True]


def test_the_request_services_import_nothing_heavy(imported: dict[str, Any]) -> None:
    if imported["service"] == "analytics":
        pytest.skip("analytics is a container image: lifelines and matplotlib are its work")
    assert HEAVY & set(imported["modules"]) == set()
