"""I4: every event is delivered, waiting or a dead letter. I5: each is acted on once."""

from collections.abc import Iterator

from infra.bus.local import BUS, as_received
from infra.bus.port import Entry
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from tests.simulation.evidence import Evidence

_OUTBOX = "SELECT event_id::text, state, envelope FROM platform.outbox"
_DELIVERIES = "SELECT event_id::text, consumer, state FROM platform.delivery"
# The versions of a stream count from 1 without a gap, up to what its head says. What was lost with
# a restore, and others hold, has its version still.
_GAPS = """
    SELECT h.stream FROM platform.stream_head h JOIN (
        SELECT stream, version FROM platform.outbox
        UNION SELECT stream, version FROM platform.lost_event) o USING (stream)
    GROUP BY h.stream, h.version
    HAVING count(*) <> h.version OR min(o.version) <> 1 OR max(o.version) <> h.version
"""
_INBOX = "SELECT event_id::text, consumer FROM platform.inbox"
# What a consumer changed on an event is of one transaction: that of the inbox row. A night lasts
# longer than a transaction should, and has states of its own (I7).
_ACTED = """
    SELECT i.event_id::text FROM platform.inbox i JOIN platform.audit a
      ON a.request_id = i.event_id::text AND a.actor = 'system:' || i.consumer
    WHERE i.consumer <> 'analytics' GROUP BY i.event_id, i.consumer, i.xmin::text
    HAVING count(DISTINCT a.xmin::text) > 1 OR min(a.xmin::text) <> i.xmin::text
"""
_UNACTED = {
    "registered children that are not in the screening log": """
        SELECT count(*) FROM assessments.subject s WHERE NOT EXISTS (
            SELECT 1 FROM randomization.screening k WHERE k.subject_id = s.subject_id)
    """,
    "allocations that assessments does not know": """
        SELECT count(*) FROM randomization.allocation a JOIN assessments.subject s
        USING (study_id, subject_id)
        WHERE s.state <> 'randomized' OR s.randomized_at IS DISTINCT FROM a.randomized_at
    """,
    "allocations without a child": """
        SELECT count(*) FROM randomization.allocation a WHERE NOT EXISTS (
            SELECT 1 FROM assessments.subject s WHERE s.subject_id = a.subject_id)
    """,
}


def check(found: Evidence) -> Iterator[str]:
    topology = read_topology(TEMPLATE)
    outbox = found.rows(_OUTBOX)
    due = {
        (row["event_id"], queue)
        for row in outbox
        for queue in topology.targets_of(BUS, as_received(Entry.of(row["envelope"])))
    }
    deliveries = {(row["event_id"], row["consumer"]): row["state"]
                  for row in found.rows(_DELIVERIES)}  # fmt: skip
    if {row["state"] for row in outbox} - {"published"}:
        yield "events were not published"
    if due != deliveries.keys():
        yield f"deliveries differ from what the rules say: {sorted(due ^ deliveries.keys())[:5]}"
    if set(deliveries.values()) - {"done"}:
        yield f"deliveries were not done: {sorted(set(deliveries.values()))}"
    for row in found.rows(_GAPS):
        yield f"the versions of {row['stream']} have a gap"
    names = {consumer.queue: consumer.function for consumer in topology.consumers}
    handled = {(event, names[queue].removesuffix("Consumer").lower()) for event, queue in due}
    inbox = {(row["event_id"], row["consumer"]) for row in found.rows(_INBOX)}
    if handled != inbox:
        yield f"handled otherwise than delivered: {sorted(handled ^ inbox)[:5]}"
    for row in found.rows(_ACTED):
        yield f"{row['event_id']} was acted on more than once, or outside its transaction"
    for what, query in _UNACTED.items():
        if count := found.count(query):
            yield f"{count} {what}"
