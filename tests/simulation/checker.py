"""Whether the invariants hold, by what is stored and what others wrote down: I1 to I8.

It asks no service, and reads past every policy. Each check answers what is wrong, in words.
"""

from pathlib import Path

from tests.simulation import (
    check_alarms,
    check_allocations,
    check_effects,
    check_events,
    check_leaks,
    check_night,
    check_safety,
    check_trail,
)
from tests.simulation.client import Log
from tests.simulation.evidence import Evidence
from tests.simulation.workshop import Workshop

WAITING = """
    SELECT (SELECT count(*) FROM platform.outbox WHERE state = 'pending')
         + (SELECT count(*) FROM platform.delivery WHERE state IN ('pending', 'leased'))
         + (SELECT count(*) FROM safety.webhook_message m JOIN safety.webhook_endpoint e
              USING (endpoint_id) WHERE m.state = 'pending' AND e.state = 'active')
"""
REDRIVE = """
    UPDATE platform.delivery
    SET state = 'pending', attempts = 0, visible_at = clock_timestamp(), settled_at = NULL
    WHERE state = 'dead'
"""
# What nobody has seen to, and of which not every step of the ladder was told.
OVERDUE = """
    SELECT count(*) FROM safety.obligation o WHERE o.state = 'open' AND (
        SELECT count(*) FROM safety.escalation e WHERE e.obligation_id = o.obligation_id)
      < (SELECT jsonb_array_length(d.definition -> 'safety' -> 'escalation')
         FROM platform.study_definition d JOIN platform.study s USING (study_id, definition_hash)
         WHERE d.study_id = o.study_id)
"""
CHECKS = {
    "I1": check_allocations.check,
    "I2": check_effects.check,
    "I3": check_trail.check,
    "I4, I5": check_events.check,
    "I4": check_alarms.check,
    "I6": check_safety.check,
    "I7": check_night.check,
    "I8": check_leaks.check,
}


def check(shop: Workshop, database: str, folder: Path, log: Log) -> list[str]:
    """Every violation, with its invariant in front."""
    secrets = shop.home.secrets()
    with shop.admin(database) as admin:
        found = Evidence(
            admin, shop.cluster.superuser_url(database), folder, log, shop.secrets,
            [*secrets.values(), *shop.secrets.values()],
        )  # fmt: skip
        return [f"{name}: {fault}" for name, of in CHECKS.items() for fault in of(found)]
