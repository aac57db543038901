"""What an operator does with a deployment on AWS: the function behind ``induct ops``.

It is started by nothing but a person (or a pipeline) with leave to invoke it, and it alone may log
in as administrator and as migrator. The event names a command; what it wants beside that is said
with each one.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from infra.bus import inspection
from infra.database.access import access_history
from infra.database.audit import altered_rows, verify_trail
from infra.database.binding import bind
from infra.database.guard_watch import watch_guards
from infra.database.migrate import is_current, migrate
from infra.database.revocation import revoke
from infra.database.roles import bootstrap
from infra.database.studies import ActivationError, activate
from shared.database.engine import blocking_engine, url_with_password
from shared.study.loading import load_definition, validate_file

DATABASE = "induct"
# So many faults are answered; the count says how many there are.
NAMED = 50


class Refused(ValueError):
    """The command cannot be done as asked; the message says why."""


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Do the command of ``event``; answer what came of it. Raises ``Refused``."""
    command = COMMANDS.get(str(event.get("command", "")))
    if command is None:
        raise Refused(f"command is one of {', '.join(sorted(COMMANDS))}")
    return command(event)


def _migrate(_event: Mapping[str, Any]) -> dict[str, Any]:
    """Make or refresh the roles, and run what migrations are outstanding; safe to repeat."""
    migrator = _url("MIGRATOR")
    bootstrap(url_with_password(_url("ADMIN")), DATABASE, None)
    changed = not is_current(url_with_password(migrator))
    if changed:
        migrate(url_with_password(migrator))
    watched = watch_guards(url_with_password(_url("ADMIN")), DATABASE)
    return {"migrated": changed, "guards_watched": watched}


def _activate(event: Mapping[str, Any]) -> dict[str, Any]:
    """Put a definition in force: ``definition`` (its YAML), ``reason``, ``actor``, ``live``."""
    words = {name: str(event.get(name, "")).strip() for name in ("definition", "reason", "actor")}
    if not all(words.values()):
        raise Refused("activate wants definition, reason and actor")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "definition.yaml"
        file.write_text(words["definition"], encoding="utf-8")
        faults = validate_file(file)
        if faults:
            first = faults[0]
            raise Refused(
                f"{len(faults)} faults; the first in line {first.line}, {first.path}:"
                f" {first.message}"
            )
        definition = load_definition(file)
    try:
        done = activate(
            url_with_password(_url("MIGRATOR")),
            definition,
            mode="live" if event.get("live") is True else "training",
            actor=words["actor"],
            reason=words["reason"],
        )
    except ActivationError as error:
        raise Refused(str(error)) from None
    return {
        "study": done.study,
        "version": done.version,
        "mode": done.mode,
        "definition": done.definition_hash,
        "changed": done.changed,
    }


def _status(_event: Mapping[str, Any]) -> dict[str, Any]:
    """The outbox by state; queues and dead letters are SQS' own here."""
    engine = blocking_engine(_url("PLATFORM"), pool_size=1)
    try:
        rows = inspection.outbox(engine)
    finally:
        engine.dispose()
    return {
        "outbox": {
            row.state: {"events": row.events, "oldest_seconds": round(float(row.oldest_seconds))}
            for row in rows
        },
        "current": is_current(url_with_password(_url("MIGRATOR"))),
    }


def _verify(_event: Mapping[str, Any]) -> dict[str, Any]:
    """Recompute the audit trail, and hold the append-only rows against it."""
    url = _url("PLATFORM")
    report = verify_trail(url_with_password(url))
    faults = [str(fault) for fault in (*report.faults, *altered_rows(url_with_password(url)))]
    return {
        "whole": not faults,
        "rows": report.rows,
        "streams": report.streams,
        "faults": len(faults),
        "first": faults[:NAMED],
    }


def _access(event: Mapping[str, Any]) -> dict[str, Any]:
    """Who held which rights in ``study`` as of the instant ``as_of`` (with an offset)."""
    try:
        at = datetime.fromisoformat(str(event["as_of"]))
    except (KeyError, ValueError):
        at = None
    if at is None or at.tzinfo is None or not event.get("study"):
        raise Refused("access wants study, and as_of with an offset")
    url = url_with_password(_url("PLATFORM"))
    return access_history(url, str(event["study"]), at).to_json()


def _revoke(event: Mapping[str, Any]) -> dict[str, Any]:
    """End the tokens of ``account`` now; ``actor`` and ``reason`` are kept."""
    words = {name: str(event.get(name, "")) for name in ("account", "actor", "reason")}
    try:
        at = revoke(
            url_with_password(_url("PLATFORM")),
            words["account"],
            actor=words["actor"],
            reason=words["reason"],
        )
    except ValueError as error:
        raise Refused(str(error)) from None
    return {"revoked_at": at.isoformat()}


def _bind(event: Mapping[str, Any]) -> dict[str, Any]:
    """Let ``account`` call from ``networks`` alone (a list of CIDR; empty: from any)."""
    words = {name: str(event.get(name, "")) for name in ("account", "actor", "reason")}
    networks = event.get("networks")
    if not isinstance(networks, list):
        raise Refused("bind wants networks, a list")
    url = url_with_password(_url("PLATFORM"))
    try:
        at, spelled = bind(url, networks=[str(each) for each in networks], **words)
    except ValueError as error:
        raise Refused(str(error)) from None
    return {"bound_at": at.isoformat(), "networks": spelled}


def _url(login: str) -> str:
    return os.environ[f"INDUCT_{login}_DATABASE_URL"]


COMMANDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "access": _access,
    "activate": _activate,
    "migrate": _migrate,
    "revoke": _revoke,
    "bind": _bind,
    "status": _status,
    "verify": _verify,
}
