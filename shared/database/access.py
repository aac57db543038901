"""Writes down which rights an account came with, and what it was refused.

Accounts live at the issuer. What the services know of them is what tokens say: a row is written in
the request's own transaction where no row covers it yet, which is once for the life of a token, and
not once a request.
"""

import time
from collections.abc import Callable

from sqlalchemy import text

from shared.database.flight import Statement
from shared.identity.matrix import matrix
from shared.identity.principal import Principal

# So many accounts are remembered; one that is forgotten is asked after again in the database.
REMEMBERED = 2_000

_SEEN = text("""
    INSERT INTO platform.access_seen
        (study_id, account, role, sites, scopes, matrix_version, since, until, request_id)
    SELECT t.study, t.account, t.role, t.sites, t.scopes, t.version, t.since, t.until, t.request
    FROM (SELECT CAST(:study AS text) AS study, CAST(:account AS text) AS account,
              CAST(:role AS text) AS role, CAST(:sites AS text[]) AS sites,
              CAST(:scopes AS text[]) AS scopes, CAST(:version AS text) AS version,
              to_timestamp(:since) AS since, to_timestamp(:until) AS until,
              CAST(:request AS text) AS request) t
    WHERE NOT EXISTS (
        SELECT 1 FROM platform.access_seen s
        WHERE s.study_id = t.study AND s.account = t.account AND s.role = t.role
          AND s.sites = t.sites AND s.scopes = t.scopes AND s.matrix_version = t.version
          AND s.since <= transaction_timestamp() AND s.until > transaction_timestamp())
""")
_DENIED = text("""
    INSERT INTO platform.access_denied
        (study_id, account, role, sites, operation, problem, request_id, source)
    VALUES (:study, :account, :role, CAST(:sites AS text[]), :operation, :problem, :request,
            CAST(:source AS inet))
""")


class Sightings:
    """Which rights are written down already, as far as this process knows.

    ``now`` answers the seconds since 1970, by which tokens end.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._covered: dict[tuple[str, str], tuple[Principal, float]] = {}

    def statement(self, principal: Principal, study: str, request: str) -> Statement | None:
        """What writes the caller's rights down; None where a row is known to cover them, and for
        who comes without a token."""
        if principal.token_ends is None:
            return None
        known, until = self._covered.get((study, principal.subject), (None, 0.0))
        if known == principal and self._now() < until:
            return None
        return _SEEN, {
            "study": study,
            "account": principal.subject,
            "role": principal.role,
            "sites": sorted(principal.sites),
            "scopes": sorted(principal.scopes),
            "version": matrix().version,
            "since": principal.token_began or int(self._now()),
            "until": principal.token_ends,
            "request": request,
        }

    def keep(self, principal: Principal, study: str) -> None:
        """The statement was committed."""
        if len(self._covered) >= REMEMBERED:
            self._covered.clear()
        self._covered[study, principal.subject] = (principal, float(principal.token_ends or 0))


def denial(
    principal: Principal,
    study: str,
    operation: str,
    problem: str,
    request: str,
    source: str | None = None,
) -> Statement:
    """What writes a refusal down; ``source`` is the address that it was refused for."""
    return _DENIED, {
        "study": study,
        "account": principal.subject,
        "role": principal.role,
        "sites": sorted(principal.sites),
        "operation": operation,
        "problem": problem,
        "request": request,
        "source": source,
    }
