"""A small OAuth2 issuer (client credentials) for a deployment without Cognito.

Tokens have the shape that the app verifies on AWS too, so that only settings differ between the
two. The signing key lies in a file that only its owner can read.
"""

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import RSAAlgorithm

from shared.identity.matrix import matrix
from shared.identity.signatures import MAX_AGE_SECONDS, TOKEN_USE, signature_of
from shared.identity.tokens import ACCESS, ALGORITHM

LIFETIME_SECONDS = 12 * 3600


class UnknownRole(ValueError):
    """The role is not in the role matrix."""


@dataclass(frozen=True)
class SignatureRequest:
    """Who signs, and what for. ``client`` is the account, ``name`` the printed name.

    ``content_sha256`` binds the signature to the body of one request: SHA-256 over its JSON with
    names in order and without blanks (``shared.database.idempotency.content_hash``).
    """

    client: str
    name: str
    role: str
    meaning: str
    studies: Iterable[str]
    sites: Iterable[str]
    content_sha256: str | None = None


class Issuer:
    """Issues and describes tokens. ``url`` is the issuer's own address and the ``iss`` claim."""

    def __init__(self, url: str, audience: str, key_file: Path) -> None:
        self.url = url.rstrip("/")
        self.audience = audience
        self._key = _read_or_make(key_file)
        self._jwk = _public_jwk(self._key)

    def token(
        self,
        *,
        client: str,
        role: str,
        studies: Iterable[str],
        sites: Iterable[str],
        lifetime: int = LIFETIME_SECONDS,
    ) -> str:
        """A signed access token. Raises ``UnknownRole``."""
        _check_role(role)
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": self.audience,
            "sub": client,
            "client_id": client,
            "token_use": ACCESS,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "exp": now + lifetime,
            "scope": " ".join(matrix().scopes_of(role)),
            "role": role,
            "studies": sorted(studies),
            "sites": sorted(sites),
        }
        return self._signed(claims)

    def signature(self, asked: SignatureRequest, *, at: int | None = None) -> str:
        """A signature token for somebody who has authenticated just now, or ``at`` (Unix time).

        Raises ``UnknownRole``, and ``SignatureInvalid`` where no verifier would take it.
        """
        _check_role(asked.role)
        now = int(time.time()) if at is None else at
        claims: dict[str, Any] = {
            "iss": self.url,
            "aud": self.audience,
            "sub": asked.client,
            "token_use": TOKEN_USE,
            "jti": str(uuid.uuid4()),
            "iat": now,
            "auth_time": now,
            "exp": now + MAX_AGE_SECONDS,
            "name": asked.name,
            "role": asked.role,
            "meaning": asked.meaning,
            "studies": sorted(asked.studies),
            "sites": sorted(asked.sites),
        }
        if asked.content_sha256 is not None:
            claims["content_sha256"] = asked.content_sha256
        signature_of(claims)
        return self._signed(claims)

    def _signed(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"kid": self._jwk["kid"]})

    def key_set(self) -> dict[str, Any]:
        """The JWKS document: public halves only."""
        return {"keys": [self._jwk]}

    def discovery(self) -> dict[str, Any]:
        """The OpenID discovery document."""
        return {
            "issuer": self.url,
            "token_endpoint": f"{self.url}/oauth2/token",
            "signature_endpoint": f"{self.url}/oauth2/signature",
            "jwks_uri": f"{self.url}/.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        }


def _check_role(role: str) -> None:
    if role not in matrix().roles:
        raise UnknownRole(f"There is no role {role!r}; known: {', '.join(matrix().roles)}.")


def _read_or_make(key_file: Path) -> RSAPrivateKey:
    if not key_file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key_file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = key_file.with_name(f"{key_file.name}.{os.getpid()}")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(pem)
        unfinished.replace(key_file)
    key = load_pem_private_key(key_file.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError(f"{key_file.name} holds no RSA key")
    return key


def _public_jwk(key: RSAPrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    # RFC 7638 thumbprint: the key's name is the key itself, so a new key has a new name.
    canonical = json.dumps({n: jwk[n] for n in ("e", "kty", "n")}, separators=(",", ":"))
    kid = hashlib.sha256(canonical.encode()).hexdigest()[:16]
    return {"kty": "RSA", "n": jwk["n"], "e": jwk["e"], "use": "sig", "alg": ALGORITHM, "kid": kid}
