"""Copies the issuers' public keys to where functions without a way to the internet read them.

Only this function goes out for them. ``INDUCT_KEYS_BUCKET`` is where the copies lie; without one
(on one machine) there is nothing to copy. ``INDUCT_KEYS_FROM`` and ``INDUCT_SIGNATURE_KEYS_FROM``
are the issuers' own addresses.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

from infra.aws.clients import client
from shared.identity.tokens import fetch_jwks

BUCKET = "INDUCT_KEYS_BUCKET"
# Name of the copy, by the variable that says where it comes from.
COPIES: Mapping[str, str] = {
    "INDUCT_KEYS_FROM": "keys/tokens.json",
    "INDUCT_SIGNATURE_KEYS_FROM": "keys/signatures.json",
}


class KeysUnusable(ValueError):
    """The issuer answered something that verifies no token; the copy stays as it is."""


def handler(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
    """Copy every key set that is named; answer how many. Raises where one cannot be had."""
    bucket = os.environ.get(BUCKET, "")
    asked = {name: os.environ.get(name, "") for name in COPIES}
    if not bucket:
        return {"copied": 0}
    copied = 0
    for name, url in asked.items():
        if url:
            found = usable(fetch_jwks(url)())
            client("s3").put_object(
                Bucket=bucket,
                Key=COPIES[name],
                Body=json.dumps(found).encode(),
                ContentType="application/json",
            )
            copied += 1
    return {"copied": copied}


def usable(found: Any) -> dict[str, Any]:
    """The key set, if it holds a key to verify with. Raises ``KeysUnusable``: an issuer that
    answers with an empty set for a moment must not lock everybody out for ten minutes."""
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or not any(
        isinstance(key, dict) and key.get("kid") and key.get("kty") == "RSA" for key in keys
    ):
        raise KeysUnusable("the issuer's document holds no RSA key with an id")
    return {"keys": keys}
