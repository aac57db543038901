"""One run of schemathesis: a service, as a role."""

import importlib
import json
import os
import subprocess
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from shared.http.description import describe
from shared.identity.matrix import matrix
from tests.infra.local.stack import Stack
from tests.shared.identity.cells.places import OWN, STUDY, Ids
from tests.shared.identity.routes import ROUTES, Route

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PROGRAM = ".venv-fuzz/bin/schemathesis"
PATIENCE_SECONDS = 1_200


@dataclass(frozen=True)
class Outcome:
    """``statuses`` are how often an answer was 2xx, 4xx and so on; ``failures`` are in words."""

    service: str
    role: str
    operations: int
    statuses: Mapping[str, int]
    failures: tuple[str, ...]

    @property
    def calls(self) -> int:
        return sum(self.statuses.values())


def operations(service: str, role: str) -> list[Route]:
    """What a role may call. That it may not call the rest is held cell by cell elsewhere."""
    allowed = matrix().operations
    return [r for r in ROUTES if r.service == service and role in allowed[r.operation].roles]


def call(
    stack: Stack,
    ids: Ids,
    service: str,
    role: str,
    *,
    examples: int,
    covered: Collection[str],
    out: Path,
) -> Outcome:
    """Send generated calls; what was said of them lies in ``out``.

    What lies at the limits of each value of a schema is not sent again to the operations of
    ``covered``: that is most of the calls, and another role is asked for no other form.
    """
    name = f"{service}-{role}"
    plan, report, counts = (out / f"{name}.{kind}.json" for kind in ("plan", "report", "counts"))
    plan.write_text(json.dumps(_plan(stack, ids, service, role, counts)))
    report.unlink(missing_ok=True)
    routes = operations(service, role)
    configured = out / f"{name}.toml"
    configured.write_text(_configuration(r for r in routes if r.operation in covered))
    token = stack.home.issuer().token(
        client=f"{role}-{OWN}", role=role, studies=[STUDY], sites=_sites(role)
    )
    command = [
        PROGRAM, "--config-file", str(configured), "run", f"{stack.url}/{service}/openapi.json",
        "--url", stack.url, "--header", f"Authorization: Bearer {token}",
        "--max-examples", str(examples), "--no-color",
        "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    for route in routes:
        command += ["--include-operation-id", operation_id(route)]
    with (out / f"{name}.txt").open("w") as said:
        ended = subprocess.run(
            command,
            env=os.environ | {"INDUCT_FUZZ_PLAN": str(plan)},
            stdout=said,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    found = _failures(report, ended.returncode)
    statuses = json.loads(counts.read_text()) if counts.exists() else {}
    return Outcome(service, role, len(routes), statuses, found)


def _failures(report: Path, code: int) -> tuple[str, ...]:
    said = json.loads(report.read_text()) if report.exists() else {"failures": []}
    found = tuple(f"{f['title']}: {', '.join(f['operations'])}" for f in said["failures"])
    return found if found or code == 0 else (f"schemathesis ended with {code}",)


def _plan(stack: Stack, ids: Ids, service: str, role: str, counts: Path) -> dict[str, Any]:
    """What the hooks read."""
    signed = {}
    for route in operations(service, role):
        rule = matrix().operations[route.operation].signature
        if rule is not None:
            signer = role if role in rule.roles else min(rule.roles)
            signed[f"{route.method} {route.template}"] = {
                "meaning": rule.meaning,
                "role": signer,
                "client": f"{signer}-{OWN}",
                "site": ",".join(_sites(signer)),
            }
    signer = {
        "client_id": "local",
        "client_secret": stack.home.secrets()["client_secret"],
        "name": "Dr. Fuzz",
        "study": STUDY,
    }
    return {
        "ids": ids, "keys": f"{service}-{role}", "url": stack.url, "signed": signed,
        "signer": signer, "counts": str(counts),
    }  # fmt: skip


def _sites(role: str) -> list[str]:
    return ["*"] if matrix().roles[role].all_sites else [OWN]


def _configuration(covered: Iterable[Route]) -> str:
    """The configuration, without the phase of limits for some operations."""
    names = [operation_id(route) for route in covered]
    without = (
        f"\n[[operations]]\ninclude-operation-id = {json.dumps(names)}\n"
        "phases.coverage.enabled = false\n"
    )
    return CONFIGURATION.read_text() + (without if names else "")


def operation_id(route: Route) -> str:
    return _ids(route.service)[route.method, route.template]


@cache
def _ids(service: str) -> dict[tuple[str, str], str]:
    document = describe(importlib.import_module(f"services.{service}.entrypoint").app)
    return {
        (method.upper(), path): operation["operationId"]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
