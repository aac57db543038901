"""Activate a study definition in a deployment: a deliberate act of its operator."""

from dataclasses import dataclass

import psycopg
from psycopg.types.json import Jsonb

from shared.study import StudyDefinition, definition_hash, from_json, to_json

LOCKED_AT_GO_LIVE = ("randomization", "arms")


class ActivationError(RuntimeError):
    """The definition may not be activated as asked; the message says why."""


@dataclass(frozen=True)
class Activation:
    """``changed`` is False where this very definition was in force already."""

    study: str
    version: str
    definition_hash: str
    mode: str
    changed: bool


def activate(
    migrator_url: str, definition: StudyDefinition, *, mode: str, actor: str, reason: str
) -> Activation:
    """Store ``definition`` and put it in force, with its audit rows, in one transaction.

    Raises ``ActivationError`` where a version is known with other content, where a study would
    change between live and training (a training list must never be consumed live), or where
    randomization or arms of a live study would change under a list that was made for them.
    """
    digest = definition_hash(definition)
    with psycopg.connect(migrator_url) as connection:
        connection.execute("SET ROLE induct_owner")
        connection.execute(
            "SELECT set_config('app.actor', %s, true), set_config('app.role', 'system', true),"
            " set_config('app.reason', %s, true), set_config('app.study', %s, true),"
            " set_config('app.request', gen_random_uuid()::text, true)",
            (actor, reason, definition.id),
        )
        changed = _store(connection, definition, digest, mode)
    return Activation(definition.id, definition.version, digest, mode, changed)


def activated_by(platform_url: str, study: str) -> str | None:
    """Who put the definition in force that a study has; None where there is no such study.

    ``platform_url`` is of the login that may read every trail.
    """
    with psycopg.connect(platform_url) as connection:
        row = connection.execute(
            "SELECT actor FROM platform.audit WHERE study_id = %s AND field = 'definition_version'"
            " AND table_name = 'platform.study' ORDER BY recorded_at DESC, seq DESC LIMIT 1",
            (study,),
        ).fetchone()
    return None if row is None else str(row[0])


def _store(
    connection: psycopg.Connection, definition: StudyDefinition, digest: str, mode: str
) -> bool:
    known = connection.execute(
        "SELECT mode, definition_version, definition_hash FROM platform.study"
        " WHERE study_id = %s FOR NO KEY UPDATE",
        (definition.id,),
    ).fetchone()
    if known is not None and known[0] != mode:
        raise ActivationError(f"{definition.id} is in {known[0]} mode and stays so.")
    if known is not None and known[2] == digest:
        return False
    stored = connection.execute(
        "SELECT definition_hash FROM platform.study_definition"
        " WHERE study_id = %s AND definition_version = %s",
        (definition.id, definition.version),
    ).fetchone()
    if stored is not None and stored[0] != digest:
        raise ActivationError(
            f"{definition.id} {definition.version} was activated before with other content:"
            " give the changed definition a new version."
        )
    if known is not None and mode == "live":
        _refuse_change_of_design(connection, definition, known[1])
    if stored is None:
        connection.execute(
            "INSERT INTO platform.study_definition VALUES (%s, %s, %s, %s)",
            (definition.id, definition.version, digest, Jsonb(to_json(definition))),
        )
    connection.execute(
        "INSERT INTO platform.study AS s VALUES (%(id)s, %(mode)s, 'active', %(version)s, %(hash)s)"
        " ON CONFLICT (study_id) DO UPDATE SET definition_version = excluded.definition_version,"
        " definition_hash = excluded.definition_hash",
        {"id": definition.id, "mode": mode, "version": definition.version, "hash": digest},
    )
    connection.execute(
        "INSERT INTO platform.definition_in_force (study_id, number, definition_version)"
        " SELECT %(id)s, coalesce(max(number), 0) + 1, %(version)s"
        " FROM platform.definition_in_force WHERE study_id = %(id)s",
        {"id": definition.id, "version": definition.version},
    )
    return True


def _refuse_change_of_design(
    connection: psycopg.Connection, definition: StudyDefinition, version: str
) -> None:
    """A list follows from the design it was made for. The study row is locked: nobody seals a list
    in between."""
    made = connection.execute(
        "SELECT list_id FROM randomization.list WHERE study_id = %s AND state <> 'closed'"
        " ORDER BY list_id LIMIT 1",
        (definition.id,),
    ).fetchone()
    in_force = connection.execute(
        "SELECT definition FROM platform.study_definition"
        " WHERE study_id = %s AND definition_version = %s",
        (definition.id, version),
    ).fetchone()
    if made is None or in_force is None:
        return
    before, after = to_json(from_json(in_force[0])), to_json(definition)
    changed = [section for section in LOCKED_AT_GO_LIVE if before[section] != after[section]]
    if changed:
        raise ActivationError(
            f"{definition.id} is live and the list {made[0]} was made for {version}:"
            f" {' and '.join(changed)} may not change. Close the list first."
        )
