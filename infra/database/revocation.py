"""Ends the tokens of an account before their time: the next request with one is refused."""

from datetime import UTC, datetime

import psycopg

_REVOKE = """
    INSERT INTO platform.access_revoked (account, revoked_by, reason) VALUES (%s, %s, %s)
    RETURNING revoked_at
"""


def revoke(url: str, account: str, *, actor: str, reason: str) -> datetime:
    """Since when (UTC) no token of the account holds that was issued before.

    ``url`` is the platform's login. Raises ``ValueError`` for a blank word.
    """
    if not (account.strip() and actor.strip() and reason.strip()):
        raise ValueError("a revocation wants account, actor and reason")
    with psycopg.connect(url) as connection:
        row = connection.execute(_REVOKE, (account, actor, reason)).fetchone()
    if row is None:
        raise AssertionError("an insert answers its row")
    at: datetime = row[0]
    return at.astimezone(UTC)
