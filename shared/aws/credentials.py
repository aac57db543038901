"""The credentials of the role that a function runs under.

A function has them in its environment; one that was thawed from a snapshot (SnapStart) asks a
server beside it for them, because what was in the environment when the snapshot was taken has
expired. Nothing is asked at import.
"""

import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TIMEOUT_SECONDS = 2
# Asked for anew before they end, so that what is signed with them is still taken.
EARLY = timedelta(minutes=5)


class NoCredentials(RuntimeError):
    """The function has no role, or its credentials cannot be had."""


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials; ``until`` is None where they last as long as the environment."""

    access_key: str
    secret_key: str
    token: str
    until: datetime | None = None


class CredentialSource:
    """Answers credentials that last: those of the environment, or those of the server beside it."""

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = environment
        self._held: Credentials | None = None
        self._lock = threading.Lock()

    def current(self, now: datetime) -> Credentials:
        """Credentials valid at ``now``. Raises ``NoCredentials``."""
        env = os.environ if self._environment is None else self._environment
        server = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
        if not server:
            return _of_environment(env)
        with self._lock:
            held = self._held
            if held is None or (held.until is not None and now >= held.until - EARLY):
                held = self._held = _ask(server, env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", ""))
            return held


def region(environment: Mapping[str, str] | None = None) -> str:
    """The region that the function runs in. Raises ``NoCredentials`` where nobody says."""
    env = os.environ if environment is None else environment
    named = env.get("AWS_REGION", "")
    if not named:
        raise NoCredentials("AWS_REGION is not set")
    return named


def _of_environment(env: Mapping[str, str]) -> Credentials:
    try:
        return Credentials(
            env["AWS_ACCESS_KEY_ID"],
            env["AWS_SECRET_ACCESS_KEY"],
            env.get("AWS_SESSION_TOKEN", ""),
        )
    except KeyError as missing:
        raise NoCredentials(f"{missing.args[0]} is not set") from None


def _ask(server: str, authorization: str) -> Credentials:
    from urllib.request import Request, urlopen

    request = Request(server, headers={"Authorization": authorization})  # noqa: S310 (Lambda's own)
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            told = json.loads(answer.read(100_000))
        return Credentials(
            told["AccessKeyId"],
            told["SecretAccessKey"],
            told["Token"],
            datetime.fromisoformat(told["Expiration"]).astimezone(UTC),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoCredentials(f"the credentials' server: {type(error).__name__}") from None


# One source for all of a process: every connection and secret is asked for under one role.
ROLE = CredentialSource()
