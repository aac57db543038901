"""Electronic signatures: a person authenticates again, and says what for.

The issuer answers that with a token that lives for five minutes at most, of one meaning and for one
record: 21 CFR 11.50 (printed name, time and meaning) and 11.200(a)(1) (both components of the
identification at a signing). It is no bearer token, and a bearer token is no signature.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from shared.http.models import Name
from shared.http.problems import SignatureInvalid, SignatureNotFitting, Unauthenticated
from shared.identity.matrix import SignatureRule
from shared.identity.principal import Principal
from shared.identity.tokens import CODE, LEEWAY_SECONDS, KeySet, principal_of, verified_claims

TOKEN_USE = "signature"  # noqa: S105 (the kind of a token)
# How long after authenticating a person may sign. A choice of ours: 11.200(a)(1) speaks of one
# continuous session and names no time.
MAX_AGE_SECONDS = 300
_NEEDED = (
    "iss", "aud", "sub", "exp", "iat", "auth_time", "jti", "token_use", "name", "role", "meaning",
)  # fmt: skip
_TOKEN_ID = re.compile(r"[!-~]{8,128}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


@dataclass(frozen=True)
class Signature:
    """A verified signature that is not yet tied to a record.

    ``signer`` is the person's account, ``name`` the printed name. ``content_sha256`` is the hash of
    the request that was signed, where the signer's client gave one.
    """

    signer: str
    name: str
    role: str
    studies: frozenset[str]
    sites: frozenset[str]
    meaning: str
    authenticated_at: datetime
    token_id: str
    content_sha256: str | None = None

    def may_enter(self, study: str) -> bool:
        return self._principal().may_enter(study)

    def may_see(self, site: str) -> bool:
        return self._principal().may_see(site)

    def _principal(self) -> Principal:
        return Principal(self.signer, self.role, self.studies, self.sites, frozenset())


class SignatureVerifier:
    """Turns a signature token into a ``Signature``. ``now`` answers the seconds since 1970."""

    def __init__(
        self, issuer: str, audience: str, keys: KeySet, now: Callable[[], float] = time.time
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._now = now

    def verify(self, token: str, rule: SignatureRule, study: str) -> Signature:
        """The signature, given in ``study`` under an operation's rule.

        Raises ``SignatureInvalid`` where the token is none or no longer, ``SignatureNotFitting``
        where it means something else or the signer may not sign here.
        """
        signature = signature_of(self._claims(token))
        if signature.meaning != rule.meaning:
            raise SignatureNotFitting(f"What is needed is a signature that means {rule.meaning}.")
        if signature.role not in rule.roles:
            raise SignatureNotFitting("The signer's role may not sign this.")
        if not signature.may_enter(study):
            raise SignatureNotFitting("The signer does not work in this study.")
        return signature

    def _claims(self, token: str) -> dict[str, Any]:
        # Times are judged below, all of them by the same clock.
        options: dict[str, Any] = {
            "require": list(_NEEDED),
            "verify_exp": False,
            "verify_iat": False,
            "verify_nbf": False,
        }
        try:
            _, claims = verified_claims(
                token, self._keys, issuer=self._issuer, audience=self._audience, options=options
            )
        except Unauthenticated:
            raise SignatureInvalid from None
        if claims["token_use"] != TOKEN_USE or not _in_time(claims, self._now()):
            raise SignatureInvalid
        return claims


def signature_of(claims: Mapping[str, Any]) -> Signature:
    """What the claims of a signature token say. Raises ``SignatureInvalid`` where they are none."""
    try:
        signer = principal_of(dict(claims))
        name = _NAME.validate_python(claims["name"], strict=True)
    except (Unauthenticated, ValueError):
        raise SignatureInvalid from None
    content = claims.get("content_sha256")
    parts = [(CODE, claims["meaning"]), (_TOKEN_ID, claims["jti"])]
    if content is not None:
        parts.append((_SHA256, content))
    if not all(isinstance(value, str) and form.fullmatch(value) for form, value in parts):
        raise SignatureInvalid
    return Signature(
        signer=signer.subject,
        name=name,
        role=signer.role,
        studies=signer.studies,
        sites=signer.sites,
        meaning=claims["meaning"],
        authenticated_at=datetime.fromtimestamp(claims["auth_time"], UTC),
        token_id=claims["jti"],
        content_sha256=content,
    )


def _in_time(claims: Mapping[str, Any], now: float) -> bool:
    issued, ends, authenticated = claims["iat"], claims["exp"], claims["auth_time"]
    starts = claims.get("nbf", issued)
    if not all(type(moment) is int for moment in (issued, ends, authenticated, starts)):
        return False
    return all(
        (
            authenticated <= issued < ends <= issued + MAX_AGE_SECONDS,
            max(issued, starts) <= now + LEEWAY_SECONDS,
            now < ends + LEEWAY_SECONDS,
            now <= authenticated + MAX_AGE_SECONDS + LEEWAY_SECONDS,
        )
    )
