"""The role matrix: which role may call which operation, and with which OAuth2 scope."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("role_matrix.toml")


@dataclass(frozen=True)
class Role:
    name: str
    title: str
    all_sites: bool
    sees_arm: bool
    reads_logged: bool


@dataclass(frozen=True)
class SignatureRule:
    """What an electronic signature of an operation must mean, and which roles may give it.

    The signer need not be the caller: a coordinator asks, an investigator signs. Where it is
    ``optional``, the use case decides; else nothing is done without a signature.
    """

    meaning: str
    roles: frozenset[str]
    optional: bool = False


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked of a service. ``name`` is ``service.operation``.

    ``signature`` is None where nothing is signed.
    """

    name: str
    scope: str
    roles: frozenset[str]
    signature: SignatureRule | None = None


@dataclass(frozen=True)
class Matrix:
    version: str
    roles: dict[str, Role]
    operations: dict[str, Operation]
    signatures: dict[str, frozenset[str]]
    """Meanings that a command asks for and no route, with the roles that may sign."""

    def scopes_of(self, role: str) -> list[str]:
        """All scopes that a role's operations need, in a stable order."""
        return sorted({op.scope for op in self.operations.values() if role in op.roles})

    def meanings(self) -> dict[str, frozenset[str]]:
        """Every meaning that some operation or command asks of a signature, and the roles that may
        sign it."""
        found = dict(self.signatures)
        for operation in self.operations.values():
            if operation.signature is not None:
                rule = operation.signature
                found[rule.meaning] = found.get(rule.meaning, frozenset()) | rule.roles
        return found


@cache
def matrix() -> Matrix:
    """The matrix as shipped. Raises ``ValueError`` where it names a role that does not exist."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    roles = {
        name: Role(
            name,
            entry["title"],
            entry["sites"] == "all",
            entry["arm"] != "masked",
            entry["arm"] == "logged",
        )
        for name, entry in data["roles"].items()
    }
    operations = {
        name: Operation(name, entry["scope"], frozenset(entry["roles"]), _signature(entry))
        for name, entry in data["operations"].items()
    }
    for operation in operations.values():
        named = operation.roles | (operation.signature.roles if operation.signature else set())
        unknown = named - roles.keys()
        if unknown:
            raise ValueError(f"{operation.name} names unknown roles: {sorted(unknown)}")
    signatures = {meaning: frozenset(by) for meaning, by in data["signatures"].items()}
    for meaning, by in signatures.items():
        if by - roles.keys():
            raise ValueError(f"{meaning} names unknown roles: {sorted(by - roles.keys())}")
    return Matrix(data["version"], roles, operations, signatures)


def _signature(entry: dict[str, Any]) -> SignatureRule | None:
    rule = entry.get("signature")
    if rule is None:
        return None
    return SignatureRule(rule["meaning"], frozenset(rule["roles"]), rule.get("optional", False))
