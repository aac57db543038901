"""What a sandbox holds at its first start, so that a stranger's first call meets something.

The studies that ship with the project in training mode, one open site, and one active list. All
of it goes through the public interface, and again at every start, where it changes nothing.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import httpx

from infra.database.cast import PLATFORM
from infra.database.studies import activate, activated_by
from infra.local.home import Home, LoginUrls
from shared.identity.issuer import SignatureRequest
from shared.identity.matrix import matrix
from shared.study.loading import load_definition, shipped_definitions

ACTOR = "sandbox"
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


def activate_shipped(logins: LoginUrls) -> None:
    """Put the shipped definitions in force, in training mode.

    A study of which somebody has put another definition in force keeps it, at every start.
    """
    for study, path in shipped_definitions().items():
        if activated_by(logins.url(PLATFORM), study) not in {None, ACTOR}:
            continue
        activate(
            logins.migrator,
            load_definition(path),
            mode="training",
            actor=ACTOR,
            reason="shipped with the sandbox",
        )


async def prepare(client: httpx.AsyncClient, home: Home) -> None:
    """Open the sandbox's site, seal its list, and let a second person put the list in force.

    ``client`` reaches randomization under its base URL. Raises ``SandboxRefused``.
    """
    await _post(client, home, "admin", "/sites", SITE)
    body = {"method": "permuted_blocks", "list_id": LIST, "secret": SECRET}
    sealed = await _post(client, home, "statistician", "/lists", body)
    word = {"root": sealed["root"], "slots": sealed["slots"]}
    path = f"/lists/{LIST}/activation"
    await _post(client, home, "admin", path, word, "randomization.activate_list")


async def _post(
    client: httpx.AsyncClient,
    home: Home,
    role: str,
    path: str,
    body: Mapping[str, Any],
    signed_for: str | None = None,
) -> dict[str, Any]:
    issuer, account = home.issuer(), f"sandbox-{role}"
    token = issuer.token(client=account, role=role, studies=[STUDY], sites=["*"])
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": f"sandbox{path}"}
    rule = matrix().operations[signed_for].signature if signed_for else None
    if rule is not None:
        asked = SignatureRequest(
            client=account,
            name=f"{matrix().roles[role].title} of the sandbox",
            role=role,
            meaning=rule.meaning,
            studies=[STUDY],
            sites=["*"],
        )
        headers["Induct-Signature"] = issuer.signature(asked)
    url = f"/randomization/v1/studies/{STUDY}{path}"
    answer = await client.post(url, json=body, headers=headers)
    if not answer.is_success:
        raise SandboxRefused(f"{path}: {answer.status_code} {answer.text}")
    found: dict[str, Any] = answer.json()
    return found
