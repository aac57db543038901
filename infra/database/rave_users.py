"""Credentials of the Rave Web Services face: given, revoked and listed by the operator."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from services.assessments.domain.rave.secret import SALT_BYTES, SECRET_BYTES, digest
from shared.identity.matrix import matrix
from shared.identity.networks import MOST, network

OPERATIONS = ("assessments.rave_post", "assessments.rave_read")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,59}", re.ASCII)
_SITE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,19}|\*", re.ASCII)


class CredentialRefused(RuntimeError):
    """The credential cannot be given or revoked as asked; the message says why."""


@dataclass(frozen=True)
class RaveUser:
    user: str
    study: str
    role: str
    sites: tuple[str, ...]
    state: str
    networks: tuple[str, ...] = ()
    """From which it may come, in CIDR; none: from any."""


def add(
    migrator_url: str, user: RaveUser, *, actor: str = "operator", reason: str = "given"
) -> str:
    """Give a credential and answer its secret, kept nowhere. Raises ``CredentialRefused``."""
    _check(user)
    networks = _spelled(user.networks)
    salt, secret = secrets.token_bytes(SALT_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    with _opened(migrator_url, user.study, actor, reason) as connection:
        known = connection.execute(
            "SELECT 1 FROM assessments.rave_credential WHERE user_name = %s", (user.user,)
        ).fetchone()
        if known is not None:
            raise CredentialRefused(f"{user.user} was given before; a name is never given again.")
        study = connection.execute(
            "SELECT 1 FROM platform.study WHERE study_id = %s", (user.study,)
        ).fetchone()
        if study is None:
            raise CredentialRefused(f"There is no study {user.study} here.")
        connection.execute(
            "INSERT INTO assessments.rave_credential"
            " (user_name, study_id, role, sites, salt, secret_hash, networks)"
            " VALUES (%s, %s, %s, %s, %s, %s, CAST(%s AS cidr[]))",
            (user.user, user.study, user.role, list(user.sites), salt, digest(salt, secret),
             networks),
        )  # fmt: skip
    return secret


def bind(
    migrator_url: str,
    user: str,
    study: str,
    networks: Sequence[str],
    *,
    actor: str = "operator",
    reason: str = "networks changed",
) -> None:
    """Let a credential come from these networks alone; none: from any. Raises
    ``CredentialRefused``."""
    spelled = _spelled(networks)
    with _opened(migrator_url, study, actor, reason) as connection:
        found = connection.execute(
            "UPDATE assessments.rave_credential SET networks = CAST(%s AS cidr[])"
            " WHERE user_name = %s AND study_id = %s AND state = 'active'",
            (spelled, user, study),
        )
        if found.rowcount == 0:
            raise CredentialRefused(f"There is no active credential {user} in {study}.")


def revoke(migrator_url: str, user: str, study: str, *, actor: str = "operator") -> None:
    """Take a credential back; its next request is refused. Raises ``CredentialRefused``."""
    with _opened(migrator_url, study, actor, "revoked") as connection:
        found = connection.execute(
            "UPDATE assessments.rave_credential SET state = 'revoked'"
            " WHERE user_name = %s AND study_id = %s AND state = 'active'",
            (user, study),
        )
        if found.rowcount == 0:
            raise CredentialRefused(f"There is no active credential {user} in {study}.")


def listed(migrator_url: str) -> list[RaveUser]:
    """Every credential ever given, by name."""
    with psycopg.connect(migrator_url) as connection:
        connection.execute("SET ROLE induct_owner")
        rows = connection.execute(
            "SELECT user_name, study_id, role, sites, state, networks::text[]"
            ' FROM assessments.rave_credential ORDER BY user_name COLLATE "C"'
        ).fetchall()
    return [RaveUser(name, study, role, tuple(sites), state, tuple(networks))
            for name, study, role, sites, state, networks in rows]  # fmt: skip


def _check(user: RaveUser) -> None:
    if not _NAME.fullmatch(user.user):
        raise CredentialRefused("A user is letters, digits and ._@- only, at most 60.")
    allowed = {role for name in OPERATIONS for role in matrix().operations[name].roles}
    if user.role not in allowed:
        raise CredentialRefused(f"A credential has one of the roles {', '.join(sorted(allowed))}.")
    _check_sites(user.role, user.sites)


def _spelled(networks: Sequence[str]) -> list[str]:
    if len(networks) > MOST:
        raise CredentialRefused(f"A credential has {MOST} networks at most.")
    try:
        return [network(each) for each in networks]
    except ValueError as error:
        words = str(error)
        raise CredentialRefused(f"{words[:1].upper()}{words[1:]}.") from None


def _check_sites(role: str, sites: Sequence[str]) -> None:
    if not sites or not all(_SITE.fullmatch(site) for site in sites):
        raise CredentialRefused("Name the sites, or * for all of them.")
    if "*" in sites and not matrix().roles[role].all_sites:
        raise CredentialRefused(f"The role {role} works at named sites only.")


def _opened(migrator_url: str, study: str, actor: str, reason: str) -> Any:
    connection = psycopg.connect(migrator_url)
    connection.execute("SET ROLE induct_owner")
    connection.execute(
        "SELECT set_config('app.actor', %s, true), set_config('app.role', 'system', true),"
        " set_config('app.reason', %s, true), set_config('app.study', %s, true),"
        " set_config('app.request', gen_random_uuid()::text, true)",
        (actor, reason, study),
    )
    return connection
