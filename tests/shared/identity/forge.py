"""Makes tokens that no honest issuer would."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt import api_jws
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://issuer.test"
AUDIENCE = "induct"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KID = "key-1"


def jwk(kid: str = KID, key: rsa.RSAPrivateKey = KEY) -> dict[str, Any]:
    public: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    return public | {"kid": kid, "use": "sig", "alg": "RS256"}


def key_set() -> dict[str, Any]:
    return {"keys": [jwk()]}


def claims(**changes: Any) -> dict[str, Any]:
    """Claims of a coordinator at S01; a change to None takes the claim away."""
    now = int(time.time())
    honest = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "coordinator-1",
        "iat": now,
        "exp": now + 600,
        "scope": "randomization/allocate",
        "role": "coordinator",
        "studies": ["NCT05748171"],
        "sites": ["S01"],
    }
    return {name: value for name, value in (honest | changes).items() if value is not None}


def signed(content: dict[str, Any], *, key: rsa.RSAPrivateKey = KEY, **header: Any) -> str:
    """A token signed with RS256. ``header`` adds to or replaces ``kid``."""
    # Not through ``jwt.encode``: it refuses to write claims that a reader must refuse too.
    payload = json.dumps(content).encode()
    return api_jws.encode(payload, key, algorithm="RS256", headers={"kid": KID} | header)


def by_hand(header: dict[str, Any], content: object, sign: Callable[[bytes], bytes]) -> str:
    """A token of exactly these parts, with whatever signature."""
    text = ".".join(_part(json.dumps(each).encode()) for each in (header, content))
    return f"{text}.{_part(sign(text.encode()))}"


def with_public_key_as_secret(secret_format: str) -> str:
    """An HS256 token whose secret is the issuer's public key, which everybody knows."""
    public = KEY.public_key()
    secrets = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "pkcs1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "modulus": jwk()["n"].encode(),
    }
    secret = secrets[secret_format]
    return by_hand(
        {"alg": "HS256", "typ": "JWT", "kid": KID},
        claims(),
        lambda text: hmac.new(secret, text, hashlib.sha256).digest(),
    )


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
