"""What a worker that died still holds, free again at once."""

from sqlalchemy import Engine, text

_DELIVERIES = text("""
    UPDATE platform.delivery SET visible_at = clock_timestamp()
    WHERE state = 'leased' AND visible_at > clock_timestamp()
""")
_EVENTS = text("UPDATE platform.outbox SET leased_until = NULL WHERE state = 'pending'")


def free_leases(engine: Engine) -> None:
    """End every lease, for a machine that starts with nobody else at work on its queues.

    A lease is there so that two workers do not do the same; after a kill it only keeps what was
    in flight from being done, for the whole visibility timeout. Should somebody else be at work
    after all, what he does is done twice, which every consumer stands.
    """
    with engine.begin() as connection:
        connection.execute(_DELIVERIES)
        connection.execute(_EVENTS)
