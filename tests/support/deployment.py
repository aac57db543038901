"""A deployment with a front door, whichever home it has: called over HTTP as any role."""

from typing import Any, Protocol

import httpx

from infra.local.home import Home
from shared.identity.issuer import SignatureRequest
from shared.identity.matrix import matrix


class Deployment(Protocol):
    """What a scenario needs of one: its address, whose tokens it believes, and a night."""

    @property
    def home(self) -> Home: ...

    @property
    def url(self) -> str: ...

    def night(self, study: str) -> None:
        """Have the night of a study run to its end."""


def call(
    deployment: Deployment,
    method: str,
    path: str,
    *,
    role: str,
    study: str,
    site: str | None = None,
    **more: Any,
) -> httpx.Response:
    """Call as a role; ``key`` is the Idempotency-Key, ``signed_for`` an operation to be signed."""
    token = deployment.home.issuer().token(
        client=f"{role}-test", role=role, studies=[study], sites=[site or "*"]
    )
    headers = {"Authorization": f"Bearer {token}"} | more.pop("headers", {})
    if "key" in more:
        headers["Idempotency-Key"] = more.pop("key")
    if "signed_for" in more:
        operation = more.pop("signed_for")
        headers["Induct-Signature"] = signature(deployment.home, operation, study, site)
    return httpx.request(method, deployment.url + path, headers=headers, timeout=90, **more)


def signature(home: Home, operation: str, study: str, site: str | None) -> str:
    """A signature for an operation, by somebody at the site who may sign it."""
    rule = matrix().operations[operation].signature
    assert rule is not None
    role = min(rule.roles)
    asked = SignatureRequest(
        client=f"{role}-signer",
        name="Dr. Test",
        role=role,
        meaning=rule.meaning,
        studies=[study],
        sites=[site or "*"],
    )
    return home.issuer().signature(asked)
