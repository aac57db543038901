"""Puts into the database what other services and other times would have put there."""

import uuid
from collections.abc import Mapping
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from services.randomization.domain.commitments import commitment
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


def enter(connection: psycopg.Connection) -> None:
    """Say who is at work, for the audit trail."""
    connection.execute(
        "SELECT set_config('app.actor', 'test', false), set_config('app.role', 'test', false),"
        " set_config('app.request', 'test', false), set_config('app.reason', 'test', false)"
    )


def note_all(database: TestDatabase) -> None:
    """What assessments do on ``subject.randomized``, for every allocation."""
    change(
        database,
        "UPDATE assessments.subject s SET state = 'randomized', randomized_at = a.randomized_at"
        " FROM randomization.allocation a WHERE a.subject_id = s.subject_id",
    )


def change(database: TestDatabase, statement: str, *parameters: object) -> None:
    """A statement past every trigger and policy: what must never happen, happens."""
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(statement.encode(), parameters)


def use_up(database: TestDatabase, list_id: str, *, but: int = 0) -> None:
    """No slot of the list is left, or so many of each stratum, and all are accounted for."""
    last = "(SELECT max(position) FROM randomization.slot l WHERE l.list_id = s.list_id"
    used = f"s.list_id = %s AND s.position <= {last} AND l.label = s.label) - %s"
    change(
        database,
        f"UPDATE randomization.slot s SET subject_id = 'VOID-' || leaf_index WHERE {used}",
        list_id,
        but,
    )
    change(
        database,
        "INSERT INTO randomization.void_slot SELECT study_id, list_id, label, position, 'S01',"
        f" subject_id, '?', 'a test', 'test', now() FROM randomization.slot s WHERE {used}",
        list_id,
        but,
    )


def screened(database: TestDatabase, subject: str, site: str, at: datetime) -> None:
    """An entry of the screening log."""
    with database.admin() as admin:
        enter(admin)
        admin.execute(
            "INSERT INTO randomization.screening VALUES (%s, %s, %s, %s, NULL)",
            (STUDY, subject, site, at),
        )


def mark_in_error(database: TestDatabase, subject: str, site: str) -> None:
    with database.admin() as admin:
        enter(admin)
        admin.execute(
            "INSERT INTO randomization.in_error VALUES (%s, %s, %s, 'ineligible', 'test', 'test',"
            " now(), 0)",
            (STUDY, subject, site),
        )


def record(
    database: TestDatabase,
    subject: str,
    form: str,
    items: Mapping[str, str],
    *,
    site: str = "S01",
    visit: str = "unscheduled",
) -> None:
    """A record of assessments at version 1."""
    made = uuid.uuid4()
    with database.admin() as admin:
        enter(admin)
        admin.execute(
            "INSERT INTO assessments.record VALUES (%s, %s, %s, %s, %s, %s, 1)",
            (made, STUDY, site, subject, form, visit),
        )
        admin.execute(
            "INSERT INTO assessments.record_version VALUES (%s, 1, %s, %s, %s, NULL, 1, now(),"
            " 'test', 'coordinator', 'test', '1.0.0')",
            (made, STUDY, site, subject),
        )
        for item, value in items.items():
            admin.execute(
                "INSERT INTO assessments.item_version VALUES (%s, %s, 1, %s, %s, %s, %s)",
                (made, item, STUDY, site, subject, value),
            )


def safety_case(
    database: TestDatabase, subject: str, *, product: str | None, site: str = "S01"
) -> str:
    """A case at version 1; answers its number."""
    case = uuid.uuid4()
    with database.admin() as admin:
        enter(admin)
        found = admin.execute("SELECT count(*) + 1 FROM safety.safety_case").fetchone()
        number = 1 if found is None else int(found[0])
        admin.execute(
            "INSERT INTO safety.safety_case VALUES (%s, %s, %s, %s, %s, %s, 'report', NULL, now())",
            (case, STUDY, site, subject, number, f"{STUDY}-{number:04d}"),
        )
        admin.execute(
            "INSERT INTO safety.case_version (case_id, version, study_id, site_id, subject_id,"
            " serious, seriousness, aware_at, received_at, received_zone, suspect_product,"
            " significant) VALUES (%s, 1, %s, %s, %s, true, '{death}', now(), now(), 'UTC', %s,"
            " true)",
            (case, STUDY, site, subject, product),
        )
    return f"{STUDY}-{number:04d}"


def swap_arms(database: TestDatabase) -> None:
    """The other world: every child has the other arm, and every slot was committed to it."""
    for subject, arm, opening in database.rows(
        "SELECT subject_id, arm, opening FROM randomization.allocation"
    ):
        assert isinstance(opening, dict)
        other = "ALLR3" if arm == "INO" else "INO"
        place = (opening["list_id"], opening["label"], opening["position"])
        bound = commitment(*place, bytes.fromhex(opening["salt"]), other).hex()
        change(
            database,
            "UPDATE randomization.allocation SET arm = %s, opening = %s WHERE subject_id = %s",
            other,
            Jsonb(opening | {"content": other, "commitment": bound}),
            subject,
        )
