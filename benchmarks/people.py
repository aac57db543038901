"""Who asks and who signs, with the tokens that the measured app takes from them."""

from pathlib import Path
from typing import Any

from benchmarks.trial import SITE, STUDY
from shared.database.idempotency import content_hash
from shared.identity.issuer import Issuer, SignatureRequest
from shared.identity.matrix import matrix
from shared.identity.tokens import KeySet

URL, AUDIENCE = "http://issuer.benchmark", "induct"


class People:
    """Everybody of the trial; ``folder`` holds the key that their tokens are signed with."""

    def __init__(self, folder: Path) -> None:
        self._issuer = Issuer(URL, AUDIENCE, folder / "issuer.pem")

    def keys(self) -> KeySet:
        """The public keys, as the app wants them."""
        return KeySet(self._issuer.key_set)

    def token(self, role: str) -> str:
        """A bearer token of somebody in that role."""
        return self._issuer.token(
            client=f"{role}-client", role=role, studies=[STUDY], sites=_sites(role), lifetime=3600
        )

    def signature(self, operation: str, role: str, body: dict[str, Any]) -> str:
        """That role's signature of this body, for one use within five minutes."""
        rule = matrix().operations[operation].signature
        assert rule is not None, f"{operation} is not signed"
        return self._issuer.signature(
            SignatureRequest(
                client=f"{role}-client",
                name="Measured in Print",
                role=role,
                meaning=rule.meaning,
                studies=[STUDY],
                sites=_sites(role),
                content_sha256=content_hash(body),
            )
        )

    def request_signature(self, body: dict[str, Any]) -> str:
        """An investigator's signature of a request for an allocation."""
        return self.signature("randomization.request_allocation", "investigator", body)


def _sites(role: str) -> list[str]:
    return ["*"] if matrix().roles[role].all_sites else [SITE]
