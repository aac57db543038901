"""What must hold of the stored allocations after any history, read past every policy."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import psycopg
from psycopg.rows import dict_row

from infra.database.audit import verify_rows
from tests.services.randomization.expected import STUDY
from tests.support.database import TestDatabase

Expected = Mapping[str, Sequence[str]]

_SLOTS = """
    SELECT list_id, label, position, subject_id FROM randomization.slot
    WHERE study_id = %s AND subject_id IS NOT NULL ORDER BY list_id, label, position
"""
_ALLOCATIONS = """
    SELECT allocation_id, subject_id, site_id, source, list_id, label, position, stratum, arm,
           xmin::text AS made_in, explanation FROM randomization.allocation
    WHERE study_id = %s ORDER BY recorded_at
"""
# Whatever else the transaction of an allocation must have left, once each.
_BESIDE = """
    SELECT a.allocation_id, (a.list_id IS NOT NULL)::integer AS slots,
        (SELECT count(*) FROM platform.outbox o WHERE o.xmin = a.xmin
           AND o.type = 'subject.randomized' AND o.study_id = a.study_id
           AND o.envelope->'data'->>'allocation_id' = a.allocation_id::text) AS events,
        (SELECT count(*) FROM platform.outbox o WHERE o.type = 'subject.randomized'
           AND o.study_id = a.study_id
           AND o.envelope->'data'->>'subject_id' = a.subject_id) AS events_of_subject,
        (SELECT count(*) FROM platform.idempotency i WHERE i.xmin = a.xmin
           AND i.status IN (200, 201)) AS answers,
        (SELECT count(*) FROM platform.audit t WHERE t.xmin = a.xmin AND t.study_id = a.study_id
           AND t.subject_id = a.subject_id AND t.table_name = 'randomization.allocation'
           AND t.field = 'arm' AND t.new_value = a.arm) AS arms_audited,
        (SELECT count(*) FROM platform.audit t WHERE t.xmin = a.xmin AND t.study_id = a.study_id
           AND t.table_name = 'randomization.slot' AND t.field = 'subject_id'
           AND t.new_value = a.subject_id) AS slots_audited,
        (SELECT count(*) FROM randomization.attempt t WHERE t.xmin = a.xmin
           AND t.subject_id = a.subject_id) AS attempts,
        (SELECT count(*) FROM platform.signature s WHERE s.xmin = a.xmin
           AND s.subject_id = a.subject_id) AS signatures
    FROM randomization.allocation a WHERE a.study_id = %s
"""
_TRAIL = """
    SELECT stream, seq, study_id, site_id, subject_id, table_name, row_key, field, operation,
           old_value, new_value, salt, values_hash, actor, actor_role, reason, request_id,
           recorded_at, hash
    FROM platform.audit WHERE study_id = %s ORDER BY stream COLLATE "C", seq
"""
_HEADS = """
    SELECT stream, seq, hash FROM platform.audit_head
    WHERE stream = %s OR starts_with(stream, %s || '/')
"""


def check_ledger(database: TestDatabase, expected: Expected, study: str = STUDY) -> int:
    """All of the below at once; answers how many are allocated."""
    with database.admin() as admin:
        check_trail(admin, study)
        return check_allocations(admin, expected, study)


def check_allocations(admin: psycopg.Connection, expected: Expected, study: str = STUDY) -> int:
    """Slots and allocations agree with each other and with the list.

    ``expected`` holds the contents of each stratum as the statistician's secret gives them.
    """
    rows = admin.cursor(row_factory=dict_row)
    slots = rows.execute(_SLOTS, (study,)).fetchall()
    given = rows.execute(_ALLOCATIONS, (study,)).fetchall()
    _one_each(given, slots)
    order = defaultdict(list)
    for row in given:
        assert row["explanation"], "an allocation without explanation"
        if row["list_id"] is not None:
            order[row["list_id"], row["label"]].append(row)
    for (_, label), in_order in order.items():
        positions = [row["position"] for row in in_order]
        assert positions == list(range(1, len(positions) + 1)), f"{label}: {positions}"
        assert [row["arm"] for row in in_order] == list(expected[label][: len(positions)]), label
        assert {row["stratum"] for row in in_order} == {label}
    check_beside(admin, study)
    return len(given)


def _one_each(given: Sequence[dict[str, object]], slots: Sequence[dict[str, object]]) -> None:
    """A subject is allocated once; each used slot is one subject's, and no other was used."""
    assert max(Counter(row["subject_id"] for row in given).values(), default=1) == 1
    place = ("list_id", "label", "position", "subject_id")
    from_list = [row for row in given if row["source"] != "forced"]
    assert sorted(tuple(map(str, (row[name] for name in place))) for row in from_list) == sorted(
        tuple(map(str, (row[name] for name in place))) for row in slots
    )


def check_beside(admin: psycopg.Connection, study: str = STUDY) -> None:
    """Event, answer, audit, attempt and signature are of the allocation's own transaction."""
    for row in admin.cursor(row_factory=dict_row).execute(_BESIDE, (study,)).fetchall():
        of = row.pop("allocation_id")
        wanted = dict.fromkeys(row, 1) | {"slots_audited": row["slots"], "slots": row["slots"]}
        assert row == wanted, f"allocation {of}: {row}"


def check_trail(admin: psycopg.Connection, study: str = STUDY) -> None:
    """Every hash of the study's audit trail follows from the one before it."""
    rows = admin.cursor(row_factory=dict_row)
    heads = {row["stream"]: row for row in rows.execute(_HEADS, (study, study)).fetchall()}
    report = verify_rows(rows.execute(_TRAIL, (study,)).fetchall(), heads)
    assert report.rows > 0
    assert [str(fault) for fault in report.faults] == []
