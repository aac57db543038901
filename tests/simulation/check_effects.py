"""I2: what was acknowledged is there once; what nobody knows is there once or not at all."""

import json
from collections.abc import Callable, Iterator

from tests.simulation.client import Intent, Operation
from tests.simulation.evidence import Evidence

# How many effects an intent has had, by what only this intent says.
_REGISTERED = "SELECT count(*) FROM assessments.subject WHERE subject_id = %s AND site_id = %s"
_ALLOCATED = "SELECT count(*) FROM randomization.allocation WHERE subject_id = %s AND site_id = %s"
_RECORDED = """
    SELECT count(*) FROM assessments.record r JOIN assessments.record_version v USING (record_id)
    WHERE r.subject_id = %s AND r.form = %s AND v.version = 1
"""
_CORRECTED = "SELECT count(*) FROM assessments.record_version WHERE reason = %s"
_REPORTED = "SELECT count(*) FROM safety.case_version WHERE version = 1 AND event_term = %s"
_PROPOSED = "SELECT count(*) FROM safety.webhook_endpoint WHERE url = %s"
_ASKED = "SELECT count(*) FROM analytics.run WHERE NOT nightly"
_STORED = """
    SELECT body, status, created_at FROM platform.idempotency WHERE key = %s
"""
# Every row that an intent's attempts left in the trail, but that of who asked (each attempt
# counts there, the refused and the repeated too): all must be of one attempt.
_ATTEMPTS = """
    SELECT count(DISTINCT request_id) FROM platform.audit
    WHERE starts_with(request_id, %s || '-')
      AND table_name NOT IN ('randomization.attempt', 'randomization.unblinded_read')
"""


def effects(found: Evidence, intent: Intent) -> int:
    """How often what was wanted has happened."""
    asked: dict[str, Callable[[], int]] = {
        "register": lambda: found.count(_REGISTERED, intent.subject, intent.site),
        "allocate": lambda: found.count(_ALLOCATED, intent.subject, intent.site),
        "record": lambda: found.count(_RECORDED, intent.subject, intent.body["form"]),
        "event": lambda: found.count(_RECORDED, intent.subject, intent.body["form"]),
        "serious event": lambda: found.count(_RECORDED, intent.subject, intent.body["form"]),
        "correct": lambda: found.count(_CORRECTED, intent.body["reason"]),
        "report": lambda: found.count(_REPORTED, intent.body["event_term"]),
        "night": lambda: found.count(_ASKED),
        "webhook": lambda: found.count(_PROPOSED, intent.body["url"]),
    }
    return asked[intent.kind]()


def check(found: Evidence) -> Iterator[str]:
    for operation in found.log.operations.values():
        yield from _of(found, operation)


def _of(found: Evidence, operation: Operation) -> Iterator[str]:
    intent, count = operation.intent, effects(found, operation.intent)
    stored = found.rows(_STORED, intent.id)
    attempts = found.count(_ATTEMPTS, intent.id)
    if operation.outcome == "fail":
        yield f"{intent.id} was refused ({operation.status}): {operation.answer}"
    if operation.outcome == "ok" and (count, len(stored)) != (1, 1):
        yield f"{intent.id} was acknowledged: {count} effects, {len(stored)} answers kept"
    if operation.outcome == "unknown" and not operation.abandoned:
        yield f"{intent.id} was never answered"
    if count > 1 or len(stored) > 1 or attempts > 1:
        yield f"{intent.id}: {count} effects of {attempts} attempts"
    if len(operation.answers) > 1:
        yield f"{intent.id} was answered in {len(operation.answers)} ways"
    # A webhook's answer shows its secret, which is not kept with it.
    shown = stored if operation.outcome == "ok" and intent.kind != "webhook" else []
    if any(json.loads(row["body"]) != json.loads(operation.answer) for row in shown):
        yield f"{intent.id} was answered otherwise than is kept"
    if operation.outcome == "unknown" and len(stored) != count and intent.kind != "allocate":
        yield f"{intent.id}: {count} effects, but {len(stored)} answers kept"
