"""Secrets that lie in Secrets Manager: read when they are first needed, never at import, and kept
in no variable that whoever may look at the function's configuration would see."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from shared.aws.credentials import ROLE, CredentialSource, region
from shared.aws.signature import Scope, signed_headers

TIMEOUT_SECONDS = 3
_TYPE = "application/x-amz-json-1.1"
# A deployment's own endpoint, as AWS' SDKs name it.
_ENDPOINT = "AWS_ENDPOINT_URL"


class SecretUnavailable(RuntimeError):
    """A secret cannot be read; the message holds nothing of it."""


def read_secret(
    name: str,
    *,
    source: CredentialSource = ROLE,
    environment: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> str:
    """The current value of a secret, by name or ARN. Raises ``SecretUnavailable``."""
    from urllib.parse import urlsplit
    from urllib.request import Request, urlopen

    env = os.environ if environment is None else environment
    at = now or datetime.now(UTC)
    named = region(env)
    url = env.get(_ENDPOINT) or f"https://secretsmanager.{named}.amazonaws.com"
    body = json.dumps({"SecretId": name}).encode()
    asked = {"content-type": _TYPE, "x-amz-target": "secretsmanager.GetSecretValue"}
    scope = Scope("secretsmanager", named, at)
    headers = signed_headers(source.current(at), scope, urlsplit(url).netloc, asked, body)
    request = Request(f"{url}/", data=body, headers=headers)  # noqa: S310 (the operator's setting)
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            told: dict[str, Any] = json.loads(answer.read(100_000))
        return str(told["SecretString"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SecretUnavailable(f"a secret cannot be read: {type(error).__name__}") from None
