"""One run of schemathesis: the operations of a document, as one caller."""

import importlib
import json
import os
import subprocess
from collections.abc import Collection, Mapping, Sequence
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


@dataclass(frozen=True)
class Run:
    """Calls of some operations of one document, as one caller.

    ``plan`` is what the hooks read; ``headers`` go with every call; ``configured`` is added to the
    configuration.
    """

    service: str
    role: str
    document: str
    operation_ids: Sequence[str]
    plan: Mapping[str, Any]
    headers: Mapping[str, str]
    configured: str = ""


def call(run: Run, stack: Stack, *, examples: int, out: Path) -> Outcome:
    """Send generated calls; what was said of them lies in ``out``."""
    name = f"{run.service}-{run.role}"
    plan, report, counts = (out / f"{name}.{kind}.json" for kind in ("plan", "report", "counts"))
    plan.write_text(json.dumps({"keys": name, "counts": str(counts), **run.plan}))
    report.unlink(missing_ok=True)
    configured = out / f"{name}.toml"
    configured.write_text(CONFIGURATION.read_text() + run.configured)
    command = [
        PROGRAM, "--config-file", str(configured), "run", f"{stack.url}{run.document}",
        "--url", stack.url, "--max-examples", str(examples), "--no-color",
        "--report", "json", "--report-json-path", str(report),
    ]  # fmt: skip
    for header, value in run.headers.items():
        command += ["--header", f"{header}: {value}"]
    for operation in run.operation_ids:
        command += ["--include-operation-id", operation]
    with (out / f"{name}.txt").open("w") as said:
        ended = subprocess.run(
            command,
            env=os.environ | {"INDUCT_FUZZ_PLAN": str(plan), "PYTHONPATH": "."},
            stdout=said,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    found = _failures(report, ended.returncode)
    statuses = json.loads(counts.read_text()) if counts.exists() else {}
    return Outcome(run.service, run.role, len(run.operation_ids), statuses, found)


def of_role(stack: Stack, ids: Ids, service: str, role: str, covered: Collection[str]) -> Run:
    """Calls of a service as a role.

    What lies at the limits of each value of a schema is not sent again to the operations of
    ``covered``: that is most of the calls, and another role is asked for no other form.
    """
    routes = operations(service, role)
    token = stack.home.issuer().token(
        client=f"{role}-{OWN}", role=role, studies=[STUDY], sites=_sites(role)
    )
    return Run(
        service,
        role,
        f"/{service}/openapi.json",
        [operation_id(route) for route in routes],
        _plan(stack, ids, service, role),
        {"Authorization": f"Bearer {token}"},
        without_limits([operation_id(r) for r in routes if r.operation in covered]),
    )


def _failures(report: Path, code: int) -> tuple[str, ...]:
    said = json.loads(report.read_text()) if report.exists() else {"failures": []}
    found = tuple(f"{f['title']}: {', '.join(f['operations'])}" for f in said["failures"])
    return found if found or code == 0 else (f"schemathesis ended with {code}",)


def _plan(stack: Stack, ids: Ids, service: str, role: str) -> dict[str, Any]:
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
    return {"ids": ids, "url": stack.url, "signed": signed, "signer": signer}


def _sites(role: str) -> list[str]:
    return ["*"] if matrix().roles[role].all_sites else [OWN]


def without_limits(operation_ids: Sequence[str]) -> str:
    """What takes the phase of limits from some operations."""
    if not operation_ids:
        return ""
    return (
        f"\n[[operations]]\ninclude-operation-id = {json.dumps(operation_ids)}\n"
        "phases.coverage.enabled = false\n"
    )


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
