"""What a sandbox holds at its first start, so that a stranger's first call meets something.

The studies that ship with the project in training mode, one open site, and one active list. All
of it goes through the public interface, and again at every start, where it changes nothing.
"""

import hashlib

import httpx
from starlette.types import ASGIApp

from infra.database.studies import activate
from infra.local.home import Home
from shared.study.loading import load_definition, shipped_definitions

STUDY = "NCT05748171"
SITE = {
    "site": "S01",
    "name": "Sandbox children's hospital",
    "country": "CZ",
    "time_zone": "Europe/Prague",
}
LIST = "sandbox-1"
# A sandbox's list is no secret, and one that is the same everywhere makes a demo repeatable.
SECRET = hashlib.sha256(b"induct sandbox list").hexdigest()


class SandboxRefused(RuntimeError):
    """The sandbox could not be prepared."""


def activate_shipped(migrator_url: str) -> None:
    """Put the shipped definitions in force, in training mode."""
    for path in shipped_definitions().values():
        activate(
            migrator_url,
            load_definition(path),
            mode="training",
            actor="sandbox",
            reason="shipped with the sandbox",
        )


async def prepare(randomization: ASGIApp, home: Home) -> None:
    """Open the sandbox's site and activate its list. Raises ``SandboxRefused``."""
    transport = httpx.ASGITransport(randomization)
    async with httpx.AsyncClient(transport=transport, base_url=home.url) as client:
        body = {"method": "permuted_blocks", "list_id": LIST, "secret": SECRET}
        for role, path, content in (("admin", "sites", SITE), ("statistician", "lists", body)):
            token = home.issuer().token(client="sandbox", role=role, studies=[STUDY], sites=["*"])
            answer = await client.post(
                f"/randomization/v1/studies/{STUDY}/{path}",
                json=content,
                headers={
                    "Authorization": f"Bearer {token}",
                    "Idempotency-Key": f"sandbox-{path}-1",
                },
            )
            if not answer.is_success:
                raise SandboxRefused(f"{path}: {answer.status_code} {answer.text}")
