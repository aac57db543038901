"""What an operator does with a deployment on AWS: the function behind ``induct ops``.

It is started by nothing but a person (or a pipeline) with leave to invoke it, and it alone may log
in as administrator and as migrator. The event names a command; what it wants beside that is said
with each one.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.aws import operations_people
from infra.aws.asked import Refused, fitting, url_of
from infra.bus import inspection
from infra.bus.divergence import read_events, tell_restored
from infra.database.audit import altered_rows, verify_trail
from infra.database.guard_watch import watch_guards
from infra.database.migrate import is_current, migrate
from infra.database.roles import bootstrap
from infra.database.studies import ActivationError, activate
from shared.database.engine import blocking_engine, url_with_password
from shared.study.loading import load_definition, validate_file

DATABASE = "induct"
# So many faults are answered; the count says how many there are.
NAMED = 50


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Do the command of ``event``; answer what came of it. Raises ``Refused``."""
    command = COMMANDS.get(str(event.get("command", "")))
    if command is None:
        raise Refused(f"command is one of {', '.join(sorted(COMMANDS))}")
    return fitting(command(event))


def _migrate(_event: Mapping[str, Any]) -> dict[str, Any]:
    """Make or refresh the roles, and run what migrations are outstanding; safe to repeat."""
    migrator = url_of("MIGRATOR")
    bootstrap(url_with_password(url_of("ADMIN")), DATABASE, None)
    changed = not is_current(url_with_password(migrator))
    if changed:
        migrate(url_with_password(migrator))
    watched = watch_guards(url_with_password(url_of("ADMIN")), DATABASE)
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
            url_with_password(url_of("MIGRATOR")),
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
    engine = blocking_engine(url_of("PLATFORM"), pool_size=1)
    try:
        rows = inspection.outbox(engine)
    finally:
        engine.dispose()
    return {
        "outbox": {
            row.state: {"events": row.events, "oldest_seconds": round(float(row.oldest_seconds))}
            for row in rows
        },
        "current": is_current(url_with_password(url_of("MIGRATOR"))),
    }


def _verify(_event: Mapping[str, Any]) -> dict[str, Any]:
    """Recompute the audit trail, and hold the append-only rows against it."""
    url = url_of("PLATFORM")
    report = verify_trail(url_with_password(url))
    faults = [str(fault) for fault in (*report.faults, *altered_rows(url_with_password(url)))]
    return {
        "whole": not faults,
        "rows": report.rows,
        "streams": report.streams,
        "faults": len(faults),
        "first": faults[:NAMED],
    }


def _restored(event: Mapping[str, Any]) -> dict[str, Any]:
    """Hold allocation in every study and note ``events`` (envelopes as others hold them), after a
    restore; ``actor`` and ``reason`` are kept."""
    lines = [json.dumps(each) for each in event.get("events", [])]
    words = {name: str(event.get(name, "")) for name in ("actor", "reason")}
    engine = blocking_engine(url_of("PLATFORM"), pool_size=1)
    try:
        done = tell_restored(engine, read_events(lines), **words)
    except ValueError as error:
        raise Refused(str(error)) from None
    finally:
        engine.dispose()
    return {"noted": done.noted, "held": done.held}


COMMANDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "activate": _activate,
    "migrate": _migrate,
    "restored": _restored,
    "status": _status,
    "verify": _verify,
    **operations_people.COMMANDS,
}
