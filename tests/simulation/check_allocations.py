"""I1: one allocation a subject, in the order of the sealed list, without a gap."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache

from infra.local import sandbox
from tests.services.randomization.expected import contents
from tests.simulation.evidence import Evidence

# The order of commits is asked of Postgres, which remembers when each transaction committed.
_GIVEN = """
    SELECT subject_id, list_id, label, position, stratum, arm, randomization_number, source,
           pg_xact_commit_timestamp(xmin) AS committed_at
    FROM randomization.allocation
    UNION ALL
    SELECT void_number, list_id, label, position, label, arm, void_number, 'void',
           pg_xact_commit_timestamp(xmin)
    FROM randomization.void_slot ORDER BY label, committed_at, position
"""
_SLOTS = """
    SELECT subject_id, list_id, label, position FROM randomization.slot
    WHERE subject_id IS NOT NULL
"""
# Whatever else the transaction of an allocation must have left, once.
_BESIDE = """
    SELECT a.subject_id,
        (SELECT count(*) FROM platform.outbox o WHERE o.type = 'subject.randomized'
           AND o.envelope #>> '{data,subject_id}' = a.subject_id) AS events,
        (SELECT count(*) FROM platform.idempotency i WHERE i.xmin = a.xmin) AS answers,
        (SELECT count(*) FROM platform.signature s WHERE s.xmin = a.xmin) AS signatures,
        (SELECT count(*) FROM platform.audit t WHERE t.xmin = a.xmin
           AND t.table_name = 'randomization.allocation' AND t.field = 'arm'
           AND t.new_value = a.arm) AS audited
    FROM randomization.allocation a
"""


@cache
def sealed(label: str) -> list[str]:
    """The arms of a stratum by position, as whoever sealed the list knows them."""
    return contents(sandbox.LIST, label, sandbox.SECRET)


def check(found: Evidence) -> Iterator[str]:
    given = found.rows(_GIVEN)
    for subject, count in Counter(row["subject_id"] for row in given).items():
        if count > 1:
            yield f"{subject} has {count} allocations"
    place = ("subject_id", "list_id", "label", "position")
    slots = {tuple(row[name] for name in place) for row in found.rows(_SLOTS)}
    if slots != {tuple(row[name] for name in place) for row in given}:
        yield "used slots and allocations differ"
    strata = defaultdict(list)
    for row in given:
        strata[row["label"]].append(row)
    for label, rows in strata.items():
        positions = [row["position"] for row in rows]
        if positions != list(range(1, len(rows) + 1)):
            yield f"{label}: in the order of commits the positions are {positions}"
        arms = dict(enumerate(sealed(label), start=1))
        wrong = [row["position"] for row in rows if row["arm"] != arms.get(row["position"])]
        if wrong:
            yield f"{label}: another arm than was sealed at {wrong}"
        if {row["stratum"] for row in rows} != {label}:
            yield f"{label}: allocations of another stratum"
    yield from _answers_agree(found, {row["subject_id"]: row for row in given})


def _answers_agree(found: Evidence, given: dict[str, dict[str, object]]) -> Iterator[str]:
    for operation in found.operations("allocate"):
        subject = operation.intent.subject
        if operation.outcome != "ok":
            continue
        told, row = json.loads(operation.answer), given.get(subject, {})
        if any(told[name] != row.get(name) for name in ("arm", "randomization_number")):
            yield f"{subject} was told of another allocation than there is"
    for row in found.rows(_BESIDE):
        subject = row.pop("subject_id")
        if set(row.values()) != {1}:
            yield f"{subject}: beside the allocation there is {row}"
