"""Bearer tokens: verified here even where a gateway has verified them before.

One algorithm is allowed (RS256, the one that API Gateway's JWT authorizer and Cognito speak).
``exp``, ``iss``, ``aud`` and ``sub`` must be present: a token without ``exp`` would never end.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

from shared.http.problems import Unauthenticated, Unavailable
from shared.identity.matrix import matrix
from shared.identity.principal import EVERY, Principal

ALGORITHM = "RS256"
LEEWAY_SECONDS = 5
# An unknown key id makes us ask the issuer again, but a stream of them must not flood it.
REFRESH_SECONDS = 30
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)

FetchKeys = Callable[[], dict[str, Any]]


class KeySet:
    """The issuer's public keys, fetched at first use and again when an unknown key id appears."""

    def __init__(self, fetch: FetchKeys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, Any] = {}
        self._asked_at: float | None = None
        self._lock = threading.Lock()

    def key(self, kid: str) -> Any:
        """The key of this id; ``Unauthenticated`` where the issuer has none."""
        if kid not in self._keys:
            with self._lock:
                self._refresh(kid)
        try:
            return self._keys[kid]
        except KeyError:
            raise Unauthenticated from None

    def _refresh(self, kid: str) -> None:
        now = self._monotonic()
        recently = self._asked_at is not None and now - self._asked_at < REFRESH_SECONDS
        if kid in self._keys or recently:
            return
        from jwt import PyJWKSet

        try:
            keys = PyJWKSet.from_dict(self._fetch())
        except (OSError, ValueError) as error:
            raise Unavailable("The issuer's keys cannot be read.") from error
        self._asked_at = now
        self._keys = {key.key_id: key.key for key in keys.keys if key.key_id is not None}


def fetch_jwks(url: str) -> FetchKeys:
    """A fetcher of the key set at an operator-given URL (never one named by a token)."""

    def fetch() -> dict[str, Any]:
        from urllib.request import urlopen

        with urlopen(url, timeout=3) as answer:  # noqa: S310 (the operator's setting, not input)
            found: dict[str, Any] = json.loads(answer.read(100_000))
        return found

    return fetch


class Verifier:
    """Turns a bearer token into a principal, or refuses it with ``Unauthenticated``."""

    def __init__(self, issuer: str, audience: str, keys: KeySet) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys

    def verify(self, token: str) -> Principal:
        # Imported at first use: the cryptography behind it costs a cold start 60 ms, and
        # /health needs none of it.
        import jwt

        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            claims = jwt.decode(
                token,
                self._keys.key(str(kid)),
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.PyJWTError:
            raise Unauthenticated from None
        return _principal(claims)


def _principal(claims: dict[str, Any]) -> Principal:
    role = claims.get("role")
    known = matrix().roles.get(role) if isinstance(role, str) else None
    studies = _codes(claims.get("studies"))
    sites = _codes(claims.get("sites"))
    if known is None or not studies or not sites:
        raise Unauthenticated
    if EVERY in sites and not known.all_sites:
        raise Unauthenticated
    return Principal(
        subject=str(claims["sub"]),
        role=known.name,
        studies=studies,
        sites=sites,
        scopes=frozenset(str(claims.get("scope", "")).split()),
    )


def _codes(value: Any) -> frozenset[str]:
    """Codes that cannot break out of the comma-joined setting the row policies read."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return frozenset()
    if not all(entry == EVERY or CODE.fullmatch(entry) for entry in value):
        return frozenset()
    return frozenset(value)
