"""The hosts that a deployment lets messages go to (OWASP ASVS 5.0.0 V13.2.4).

Two persons in the application are not enough to send to a stranger: whoever runs the deployment
names the hosts, and the sender holds every attempt against the list, not registration alone.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from services.safety.webhooks.addresses import (
    LOCALHOST,
    AddressRefused,
    Target,
    is_loopback,
    literal,
)
from shared.settings import SettingsError

VARIABLE = "INDUCT_WEBHOOK_HOSTS"
_ENTRY = re.compile(r"(\*\.)?[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*)+", re.ASCII)


@dataclass(frozen=True)
class HostList:
    """Names, and suffixes for the names below them. Nothing is allowed by an empty list."""

    names: frozenset[str] = frozenset()
    suffixes: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """``desk.example.org, *.example.net``. Raises ``SettingsError`` for anything else."""
        entries = [each.strip().lower() for each in text.split(",") if each.strip()]
        if not all(_ENTRY.fullmatch(each) for each in entries):
            raise SettingsError(f"{VARIABLE} is a list of host names, such as *.example.org.")
        return cls(
            frozenset(each for each in entries if not each.startswith("*")),
            tuple(each[1:] for each in entries if each.startswith("*")),
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Self:
        env = os.environ if environment is None else environment
        return cls.parse(env.get(VARIABLE, ""))

    def check(self, target: Target, *, sandbox: bool) -> None:
        """Raises ``AddressRefused``. In a ``sandbox`` this machine itself needs no entry."""
        listed = target.host in self.names or target.host.endswith(self.suffixes)
        if not listed and not (sandbox and _is_here(target.host)):
            raise AddressRefused(
                "host-not-allowed", "The host is not on the list of this deployment."
            )


def _is_here(host: str) -> bool:
    address = literal(host)
    return host == LOCALHOST if address is None else is_loopback(address)
