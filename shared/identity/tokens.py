"""Bearer tokens: verified here even where a gateway has verified them before.

One algorithm is allowed (RS256, the one that API Gateway's JWT authorizer and Cognito speak).
``exp``, ``iss``, ``aud`` and ``sub`` must be present: a token without ``exp`` would never end.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared.http.logs import log
from shared.http.problems import Unauthenticated, Unavailable
from shared.identity.matrix import matrix
from shared.identity.principal import EVERY, Principal

ALGORITHM = "RS256"
ACCESS = "access"
LEEWAY_SECONDS = 5
# An unknown key id makes us ask the issuer again, but a stream of them must not flood it.
REFRESH_SECONDS = 30
BELIEVED_SECONDS = 60
BELIEVED_TOKENS = 1_000
# An issuer that fails is asked again sooner, but not by every request.
RETRY_SECONDS = 5
# A key that the issuer has withdrawn is believed for so long at most.
KEPT_SECONDS = 600
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", re.ASCII)

FetchKeys = Callable[[], dict[str, Any]]


class KeySet:
    """The issuer's public keys: fetched at first use, for an unknown key id, and when grown old.

    Known keys serve on while the issuer is away.
    """

    def __init__(self, fetch: FetchKeys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._keys: dict[str, Any] = {}
        self._ask_after: float | None = None
        self._old_after = 0.0
        self._away = False
        self._lock = threading.Lock()

    def key(self, kid: str) -> Any:
        """The key of this id.

        Raises ``Unauthenticated`` where the issuer has none, ``Unavailable`` where it cannot be
        asked.
        """
        if kid not in self._keys or self._monotonic() >= self._old_after:
            with self._lock:
                self._refresh()
        if kid in self._keys:
            return self._keys[kid]
        if self._away:
            raise Unavailable("The issuer's keys cannot be read.")
        raise Unauthenticated

    def _refresh(self) -> None:
        now = self._monotonic()
        if self._ask_after is not None and now < self._ask_after:
            return
        from jwt import PyJWKSet

        try:
            keys = PyJWKSet.from_dict(self._fetch())
        except Exception as error:  # whatever it answers, it is the issuer's fault and an outage
            log("issuer keys cannot be read", level="error", error=type(error).__name__)
            self._away = True
            self._ask_after = now + RETRY_SECONDS
            return
        self._away = False
        self._ask_after = now + REFRESH_SECONDS
        self._old_after = now + KEPT_SECONDS
        self._keys = {key.key_id: key.key for key in keys.keys if key.key_id is not None}


def fetch_jwks(url: str) -> FetchKeys:
    """A fetcher of the key set at an operator-given URL (never one named by a token)."""

    def fetch() -> dict[str, Any]:
        from urllib.request import urlopen

        with urlopen(url, timeout=3) as answer:  # noqa: S310 (the operator's setting, not input)
            found: dict[str, Any] = json.loads(answer.read(100_000))
        return found

    return fetch


@dataclass(frozen=True)
class _Belief:
    until: float
    key_id: str
    principal: Principal


class Verifier:
    """Turns a bearer token into a principal, or refuses it with ``Unauthenticated``.

    A token that was verified is believed for a minute, or until it expires if that is sooner: a
    client sends the same one with every call, and the mathematics would be the same.
    """

    def __init__(
        self, issuer: str, audience: str, keys: KeySet, now: Callable[[], float] = time.time
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._now = now
        self._believed: dict[str, _Belief] = {}

    def verify(self, token: str) -> Principal:
        now = self._now()
        belief = self._believed.get(token)
        if belief is not None and now < belief.until:
            self._keys.key(belief.key_id)  # refuses where the issuer has withdrawn the key
            return belief.principal
        key_id, claims = self._claims(token)
        # A signature is given once, for one record: it lets nobody in.
        if claims.get("token_use", ACCESS) != ACCESS:
            raise Unauthenticated
        until = min(now + BELIEVED_SECONDS, float(claims["exp"]))
        belief = _Belief(until, key_id, principal_of(claims))
        if len(self._believed) >= BELIEVED_TOKENS:
            self._believed.clear()
        self._believed[token] = belief
        return belief.principal

    def _claims(self, token: str) -> tuple[str, dict[str, Any]]:
        return verified_claims(
            token,
            self._keys,
            issuer=self._issuer,
            audience=self._audience,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )


def verified_claims(
    token: str, keys: KeySet, *, issuer: str, audience: str, options: Any
) -> tuple[str, dict[str, Any]]:
    """Id of the key and claims of a token that the issuer signed for this audience.

    ``options`` are PyJWT's. Raises ``Unauthenticated``; ``Unavailable`` where the issuer's keys
    cannot be asked for.
    """
    # Imported at first use: the cryptography behind it costs a cold start 60 ms, and /health
    # needs none of it.
    import jwt

    try:
        key_id = str(jwt.get_unverified_header(token).get("kid", ""))
        claims: dict[str, Any] = jwt.decode(
            token,
            keys.key(key_id),
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY_SECONDS,
            options=options,
        )
    except jwt.PyJWTError:
        raise Unauthenticated from None
    return key_id, claims


def principal_of(claims: dict[str, Any]) -> Principal:
    """Who the claims of a verified token name. Raises ``Unauthenticated`` where they do not."""
    role = claims.get("role")
    known = matrix().roles.get(role) if isinstance(role, str) else None
    studies = _codes(claims.get("studies"))
    sites = _codes(claims.get("sites"))
    subject = claims["sub"]
    if known is None or not studies or not sites or not subject or not subject.isprintable():
        raise Unauthenticated
    if EVERY in sites and not known.all_sites:
        raise Unauthenticated
    return Principal(
        subject=subject,
        role=known.name,
        studies=studies,
        sites=sites,
        scopes=frozenset(str(claims.get("scope", "")).split()),
        token_began=_seconds(claims.get("iat")),
        token_ends=_seconds(claims["exp"]),
    )


def _seconds(value: Any) -> int | None:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _codes(value: Any) -> frozenset[str]:
    """Codes that cannot break out of the comma-joined setting the row policies read."""
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        return frozenset()
    if not all(entry == EVERY or CODE.fullmatch(entry) for entry in value):
        return frozenset()
    return frozenset(value)
