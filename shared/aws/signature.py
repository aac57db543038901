"""Signature Version 4: a request that AWS takes as the function's own.

Source: AWS IAM user guide, "Create a signed AWS API request". Held against botocore's signer in
tests; it is not imported here, because it costs a cold start more than a whole service does.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from shared.aws.credentials import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"
_EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass(frozen=True)
class Scope:
    """Where and when a signature counts. ``at`` is an aware instant in UTC."""

    service: str
    region: str
    at: datetime

    @property
    def instant(self) -> str:
        return self.at.strftime("%Y%m%dT%H%M%SZ")

    @property
    def text(self) -> str:
        return f"{self.instant[:8]}/{self.region}/{self.service}/aws4_request"


def presigned_query(
    credentials: Credentials, scope: Scope, host: str, query: Mapping[str, str], seconds: int
) -> str:
    """The query of a ``GET https://host/`` that whoever holds it may make for so many seconds."""
    asked = {
        **query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope.text}",
        "X-Amz-Date": scope.instant,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if credentials.token:
        asked["X-Amz-Security-Token"] = credentials.token
    written = _query(asked)
    canonical = "\n".join(("GET", "/", written, f"host:{host}\n", "host", _EMPTY))
    return f"{written}&X-Amz-Signature={_signature(credentials, scope, canonical)}"


def signed_headers(
    credentials: Credentials, scope: Scope, host: str, headers: Mapping[str, str], body: bytes
) -> dict[str, str]:
    """All headers of a ``POST https://host/`` of ``body``. ``headers`` are named in lower case."""
    given = {**headers, "host": host, "x-amz-date": scope.instant}
    if credentials.token:
        given["x-amz-security-token"] = credentials.token
    names = ";".join(sorted(given))
    lines = "".join(f"{name}:{given[name]}\n" for name in sorted(given))
    canonical = "\n".join(("POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()))
    signature = _signature(credentials, scope, canonical)
    credential = f"Credential={credentials.access_key}/{scope.text}"
    given["authorization"] = (
        f"{ALGORITHM} {credential}, SignedHeaders={names}, Signature={signature}"
    )
    return given


def _query(parameters: Mapping[str, str]) -> str:
    return "&".join(
        f"{quote(name, safe='-_.~')}={quote(parameters[name], safe='-_.~')}"
        for name in sorted(parameters)
    )


def _signature(credentials: Credentials, scope: Scope, canonical: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.text.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signed = "\n".join((ALGORITHM, scope.instant, scope.text, digest))
    return hmac.digest(key, signed.encode(), "sha256").hex()
