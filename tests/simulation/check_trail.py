"""I3: the trail tells every field as it stands, its chain is whole, and somebody did it."""

from collections.abc import Iterator

from infra.database.audit import altered_rows, verify_trail
from tests.simulation.evidence import Evidence

# Tables whose changes are told row by row: with the columns of the key, and those not told.
_AUDITED = """
    SELECT tgrelid::regclass::text AS of, tgargs AS arguments,
           tgtype & 4 > 0 AS inserts
    FROM pg_trigger WHERE tgfoid = 'platform.record_audit'::regproc AND tgtype & 1 = 1
"""
# A field is told by its newest row. What was never told must have been null from the first.
_UNTOLD = """
    WITH told AS (
        SELECT DISTINCT ON (row_key, field) row_key, field, new_value FROM platform.audit
        WHERE table_name = '{of}' ORDER BY row_key, field, recorded_at DESC, seq DESC)
    SELECT count(*) FROM {of} t CROSS JOIN LATERAL jsonb_each_text(to_jsonb(t)) f
    LEFT JOIN told ON told.row_key = concat_ws('/', {key}) AND told.field = f.key
    WHERE f.key <> ALL (%s) AND f.value IS DISTINCT FROM told.new_value
      AND ({inserts} OR told.field IS NOT NULL)
"""
_ACTORS = """
    SELECT DISTINCT actor FROM platform.audit
    WHERE actor NOT LIKE 'system:%%' AND actor NOT LIKE 'sandbox%%' AND actor NOT LIKE '%%-test'
"""
_NULL_ACTOR = "SELECT count(*) FROM platform.audit WHERE actor = '' OR actor_role = ''"
# In one transaction, a field of a row is told once.
_TWICE = """
    SELECT count(*) FROM (SELECT 1 FROM platform.audit
        WHERE operation = 'INSERT' GROUP BY table_name, row_key, field, study_id
        HAVING count(*) > 1) AS twice
"""


def check(found: Evidence) -> Iterator[str]:
    report = verify_trail(found.url)
    yield from (f"the chain: {fault}" for fault in report.faults)
    yield from (f"the tables: {fault}" for fault in altered_rows(found.url))
    for trigger in found.rows(_AUDITED):
        key, silent, *_ = [*bytes(trigger["arguments"]).decode().split("\x00"), ""]
        # As the trigger spells them: an instant is spelled otherwise in JSON.
        columns = ", ".join(f"to_jsonb(t) ->> '{column}'" for column in key.split(","))
        query = _UNTOLD.format(of=trigger["of"], key=columns, inserts=trigger["inserts"])
        untold = found.count(query, [each for each in silent.split(",") if each])
        if untold:
            yield f"{untold} fields of {trigger['of']} are not as the trail tells them"
    known = {f"{o.intent.role}-{o.intent.site}" for o in found.log.operations.values()}
    strangers = {row["actor"] for row in found.rows(_ACTORS)} - known
    if strangers or found.count(_NULL_ACTOR):
        yield f"changes by nobody, or by strangers: {sorted(strangers)}"
    if found.count(_TWICE):
        yield "an entry is told twice"
