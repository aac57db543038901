"""Who held which rights at an instant, which accounts to ask about, and what was read and refused.

From what the services wrote down: rights as tokens said (``platform.access_seen``), refusals
(``platform.access_denied``), and the trail of reads that unblind. 21 CFR 11.10(d): rights at any
past date can be shown.
"""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shared.identity.matrix import matrix

RULES = Path(__file__).with_name("access.toml")
_HELD = """
    SELECT account, role, sites, scopes, matrix_version, min(since) AS since, max(until) AS until,
           array_agg(DISTINCT service ORDER BY service)::text[] AS services
    FROM platform.access_seen s
    WHERE study_id = %(study)s AND since <= %(at)s AND until > %(at)s AND NOT EXISTS (
        SELECT 1 FROM platform.access_revoked r
        WHERE r.account = s.account AND r.revoked_at >= s.since AND r.revoked_at <= %(at)s)
    GROUP BY account, role, sites, scopes, matrix_version ORDER BY account, role, sites, scopes
"""
_REVOKED = """
    SELECT account, max(revoked_at) AS at FROM platform.access_revoked
    WHERE revoked_at <= %(at)s AND account IN (
        SELECT account FROM platform.access_seen WHERE study_id = %(study)s)
    GROUP BY account ORDER BY account
"""
_LAST = """
    SELECT account, max(until) AS until FROM platform.access_seen
    WHERE study_id = %(study)s AND since <= %(at)s GROUP BY account
    HAVING max(until) <= %(at)s ORDER BY account
"""
# One row of the trail a field, or one a row of the table as JSON.
_READ = """
    SELECT table_name, row_key, actor, actor_role, field, new_value, recorded_at FROM platform.audit
    WHERE study_id = %(study)s AND recorded_at > %(from)s AND recorded_at <= %(at)s
      AND table_name IN ('randomization.unblinded_read', 'randomization.broken_glass',
          'assessments.export_fetch', 'safety.unblinded_read', 'analytics.unblinded_read')
    ORDER BY recorded_at, stream, seq
"""
_DENIED = """
    SELECT account, role, service::text AS service, operation, problem, count(*) AS times,
           max(denied_at) AS last_at
    FROM platform.access_denied
    WHERE study_id = %(study)s AND denied_at > %(from)s AND denied_at <= %(at)s
    GROUP BY account, role, service, operation, problem ORDER BY account, operation, problem
"""


@dataclass(frozen=True)
class Held:
    """Rights of an account that were good at the instant; from when to when a token said so."""

    account: str
    role: str
    sites: Sequence[str]
    scopes: Sequence[str]
    matrix_version: str
    since: datetime
    until: datetime
    services: Sequence[str]


@dataclass(frozen=True)
class Finding:
    """An account to ask about. ``code``: dormant, two-roles, unknown-role, beyond-role."""

    account: str
    code: str
    what: str


@dataclass(frozen=True)
class UnblindedRead:
    """Somebody was told arms, or broke the glass; ``about`` says of whom or what."""

    at: datetime
    account: str
    role: str
    what: str
    about: str


@dataclass(frozen=True)
class Denied:
    account: str
    role: str
    service: str
    operation: str
    problem: str
    times: int
    last_at: datetime


@dataclass(frozen=True)
class AccessHistory:
    """``expired`` are accounts whose last rights had ended by then, ``revoked`` those whose tokens
    were ended, and when last. Instants are UTC."""

    study: str
    as_of: datetime
    held: Sequence[Held]
    expired: Mapping[str, datetime]
    revoked: Mapping[str, datetime]
    findings: Sequence[Finding]
    reads: Sequence[UnblindedRead]
    denied: Sequence[Denied]

    def to_json(self) -> dict[str, Any]:
        shown: dict[str, Any] = json.loads(json.dumps(asdict(self), default=_told))
        return shown


@cache
def rules() -> Mapping[str, Any]:
    """The rules as shipped."""
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


def access_history(url: str, study: str, as_of: datetime) -> AccessHistory:
    """The report of a study as of an instant; ``url`` is a login that may read the trail."""
    window = timedelta(days=rules()["window_days"])
    values = {"study": study, "at": as_of, "from": as_of - window}
    with psycopg.connect(url, row_factory=dict_row) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.execute("SET TIME ZONE 'UTC'")
        held = [Held(**row) for row in connection.execute(_HELD, values)]
        expired = {row["account"]: row["until"] for row in connection.execute(_LAST, values)}
        revoked = {row["account"]: row["at"] for row in connection.execute(_REVOKED, values)}
        reads = _reads(connection.execute(_READ, values))
        denied = [Denied(**row) for row in connection.execute(_DENIED, values)]
    found = [*_dormant(expired, as_of), *_odd(held)]
    return AccessHistory(study, as_of.astimezone(UTC), held, expired, revoked, found, reads, denied)


def _dormant(expired: Mapping[str, datetime], as_of: datetime) -> Iterable[Finding]:
    longest = timedelta(days=rules()["dormant_days"])
    for account, until in expired.items():
        if as_of - until > longest:
            yield Finding(account, "dormant", f"has not come since {until.date().isoformat()}")


def _odd(held: Sequence[Held]) -> Iterable[Finding]:
    roles = Counter(account for account, _ in {(one.account, one.role) for one in held})
    for account in sorted(account for account, count in roles.items() if count > 1):
        several = sorted({one.role for one in held if one.account == account})
        yield Finding(account, "two-roles", f"holds {', '.join(several)} at once")
    for one in held:
        if one.role not in matrix().roles:
            yield Finding(one.account, "unknown-role", f"is {one.role}, which is no role")
            continue
        # What a role was given by an older matrix is judged by that one, which is not here.
        beyond = set(one.scopes) - set(matrix().scopes_of(one.role))
        if beyond and one.matrix_version == matrix().version:
            words = f"as {one.role} has {', '.join(sorted(beyond))} beside"
            yield Finding(one.account, "beyond-role", words)


def _reads(rows: Iterable[Mapping[str, Any]]) -> list[UnblindedRead]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        one = found.setdefault((row["table_name"], row["row_key"]), {"row": row})
        value = row["new_value"]
        one |= json.loads(value or "{}") if row["field"] == "*" else {row["field"]: value}
    return [_read(table, facts) for (table, _), facts in found.items()]


def _read(table: str, facts: Mapping[str, Any]) -> UnblindedRead:
    row = facts["row"]
    if table == "randomization.broken_glass":
        what, about = f"glass broken ({facts.get('category')})", row["row_key"]
    elif table == "assessments.export_fetch":
        what, about = "unblinded export", f"{facts.get('export_id')}/{facts.get('file')}"
    else:
        what, about = str(facts.get("operation")), str(facts.get("about"))
    return UnblindedRead(row["recorded_at"], row["actor"], row["actor_role"], what, about)


def _told(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
