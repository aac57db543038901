"""Binds an account to networks: a call that comes from another one is refused.

For the callers of the four services, by the account that their tokens name (`sub`). Users of Rave
Web Services and systems of the desk have their networks beside their keys.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg

from shared.identity.networks import MOST, network

_BIND = """
    INSERT INTO platform.access_network (account, networks, bound_by, reason)
    VALUES (%s, CAST(%s AS cidr[]), %s, %s) RETURNING bound_at
"""


def bind(
    url: str, account: str, networks: Sequence[str], *, actor: str, reason: str
) -> tuple[datetime, list[str]]:
    """Since when (UTC) the account may call from these networks alone, and their spelling; none:
    from anywhere again.

    ``url`` is the platform's login. Raises ``ValueError`` for a blank word, an account that has its
    networks elsewhere, and what is no network.
    """
    if not (account.strip() and actor.strip() and reason.strip()):
        raise ValueError("a binding wants account, actor and reason")
    if account.startswith(("rave:", "desk:")):
        raise ValueError("users of Rave and systems of the desk have networks beside their keys")
    if len(networks) > MOST:
        raise ValueError(f"an account has {MOST} networks at most")
    spelled = [network(each) for each in networks]
    with psycopg.connect(url) as connection:
        row = connection.execute(_BIND, (account, spelled, actor, reason)).fetchone()
    if row is None:
        raise AssertionError("an insert answers its row")
    at: datetime = row[0]
    return at.astimezone(UTC), spelled
