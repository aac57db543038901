"""One request or message = one transaction, in which the database knows who is asking.

Everything a use case writes (effect, idempotency row, audit rows, outbox events) is in that one
transaction; use cases never commit.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, TextClause, text
from sqlalchemy.exc import MultipleResultsFound

from shared import faults
from shared.clock import Clock
from shared.database import flight
from shared.database.access import Sightings
from shared.database.definitions import definition_of, hash_at, hash_in_force
from shared.http.problems import Forbidden, RequestInFlight, Unauthenticated
from shared.identity.networks import FromElsewhere, holds
from shared.identity.principal import Principal
from shared.identity.signatures import Signature
from shared.study import StudyDefinition
from shared.trace import Trace

# transaction-local settings: they end with the transaction, so a pooled connection takes
# nothing of one caller to the next.
_ENTER = text("""
    SELECT set_config('app.actor', :actor, true), set_config('app.role', :role, true),
           set_config('app.study', :study, true), set_config('app.sites', :sites, true),
           set_config('app.request', :request, true), set_config('app.reason', :reason, true),
           transaction_timestamp() AS now,
           CASE WHEN CAST(:lock AS bigint) IS NULL THEN true
                ELSE pg_try_advisory_xact_lock(CAST(:lock AS bigint)) END AS free,
           EXISTS (SELECT 1 FROM platform.access_revoked r WHERE r.account = :actor
                   AND r.revoked_at >= to_timestamp(:began)) AS revoked,
           (SELECT CAST(n.networks AS text[]) FROM platform.access_network n
            WHERE n.account = :actor ORDER BY n.seq DESC LIMIT 1) AS networks
""")
# Only asked where a caller names the time: a request on the clock of record pays nothing for it.
_MODE = text("SELECT mode FROM platform.study WHERE study_id = :study")
_ACT_AS = text("""
    SELECT set_config('app.actor', :actor, true), set_config('app.role', :role, true),
           set_config('app.sites', :sites, true)
""")
_REASON = text("SELECT set_config('app.reason', :reason, true)")


@dataclass(frozen=True)
class Origin:
    """Where a piece of work comes from: who asks, in which study, under which request id.

    ``signature`` is the verified electronic signature that came along, if any; ``trace`` is what
    the work is part of, and its events carry on: work that a schedule began has none;
    ``sightings`` knows whether the caller's rights are written down. ``source`` is the address that
    a call came from, "" where nobody knows it; None: it is no call, and may be made from anywhere.
    """

    principal: Principal
    study: str
    request_id: str
    clock: Clock
    signature: Signature | None = None
    trace: Trace | None = None
    sightings: Sightings | None = None
    source: str | None = None


@dataclass
class UnitOfWork:
    """An open transaction. ``now`` is the instant that everything in it happens at (UTC)."""

    connection: Connection
    origin: Origin
    now: datetime
    definition_hash: str | None = None
    """Hash of the study's definition in force, where it is known already."""
    mode: str | None = None
    """The study's mode, where it is known already."""
    waiting: list[tuple[flight.Statement, flight.Rows]] = field(default_factory=list)
    """Statements that were sent and travel with the next one that is waited for, and where the rows
    of each are put then."""
    first: list[dict[str, Any]] = field(default_factory=list)
    """What the statement that opened the transaction answered."""

    @property
    def study(self) -> str:
        return self.origin.study

    @property
    def principal(self) -> Principal:
        return self.origin.principal

    @property
    def signature(self) -> Signature | None:
        """The verified signature beside the request; ``shared.database.signatures`` spends it."""
        return self.origin.signature

    @property
    def persons(self) -> frozenset[str]:
        """Who stands behind the request: its caller, and whoever signed it. What wants a second
        person wants one who is not among the first."""
        signers = [] if self.signature is None else [self.signature.signer]
        return frozenset([self.principal.subject, *signers])

    def send(self, statement: TextClause, **parameters: Any) -> flight.Rows:
        """A statement whose answer nobody waits for: it travels with the next that is waited for,
        and at the latest with the commit. An error of it is raised there, and its rows are in the
        list from then on."""
        rows: flight.Rows = []
        self.waiting.append(((statement, parameters), rows))
        return rows

    def settle(self) -> None:
        """Wait for all that was sent."""
        if self.waiting:
            self.together()

    def close(self) -> None:
        """Commit with the trip of what was sent last."""
        if self.waiting:
            self._fly((), commit=True)

    def together(self, *wanted: flight.Statement) -> list[list[dict[str, Any]]]:
        """The rows of several statements that need nothing of each other, in one trip."""
        return self._fly(wanted)

    def _fly(
        self, wanted: Sequence[flight.Statement], *, commit: bool = False
    ) -> list[flight.Rows]:
        sent, self.waiting = self.waiting, []
        statements = [*(statement for statement, _ in sent), *wanted]
        answers = flight.fly(self.connection, statements, commit=commit)
        for (_, rows), answer in zip(sent, answers, strict=False):
            rows.extend(answer)
        return answers[len(sent) :]

    def execute(self, statement: TextClause, **parameters: Any) -> CursorResult[Any]:
        self.settle()
        return self.connection.execute(statement, parameters)

    def one(self, statement: TextClause, **parameters: Any) -> Mapping[str, Any] | None:
        """The only row, as a mapping; None where there is none. Raises ``MultipleResultsFound``."""
        rows = self.all(statement, **parameters)
        if len(rows) > 1:
            raise MultipleResultsFound("one row at most was expected")
        return rows[0] if rows else None

    def all(self, statement: TextClause, **parameters: Any) -> list[Mapping[str, Any]]:
        return [*self.together((statement, parameters))[0]]

    @contextmanager
    def nested(self) -> Iterator[None]:
        """A part of the transaction that is undone alone where it fails."""
        self.settle()
        try:
            with self.connection.begin_nested():
                yield
                self.settle()
        except BaseException:
            self.waiting.clear()
            raise

    @contextmanager
    def acting_as(self, actor: str, role: str, sites: str) -> Iterator["UnitOfWork"]:
        """Do deferred work as the one who asked for it, with the sites of then, and come back.

        The trail names who asked, and the row-level policies let through what they may see.
        """
        own = self.origin.principal
        other = Principal(actor, role, own.studies, frozenset(sites.split(",")), frozenset())
        self._enter_as(other)
        yield replace(self, origin=replace(self.origin, principal=other))
        self._enter_as(own)

    def _enter_as(self, principal: Principal) -> None:
        self.send(
            _ACT_AS,
            actor=principal.subject,
            role=principal.role,
            sites=principal.sites_setting(),
        )

    def because(self, reason: str) -> None:
        """Give the reason that the audit trail shows for the changes that follow."""
        self.send(_REASON, reason=reason)

    def definition(self) -> StudyDefinition:
        """The study's definition in force. Raises ``NotFound`` where there is no such study."""
        if self.definition_hash is None:
            self.definition_hash = hash_in_force(self.connection, self.study)
        return definition_of(self.connection, self.study, self.definition_hash)

    def definition_at(self, at: datetime) -> StudyDefinition:
        """The study's definition that was in force at a past instant. Raises ``NotFound``."""
        return definition_of(self.connection, self.study, hash_at(self.connection, self.study, at))


@contextmanager
def begin(
    connection: Connection,
    origin: Origin,
    lock: str | None = None,
    first: flight.Statement | None = None,
) -> Iterator[UnitOfWork]:
    """Open the transaction, tell the database who asks, and commit at the end.

    ``first`` travels with that, runs behind the lock, and its rows are ``UnitOfWork.first``.

    ``lock`` names work that must not run twice at once; ``RequestInFlight`` where it already does.
    The lock is an advisory one of the transaction, so a crash leaves nothing behind. ``Forbidden``
    where the caller named the time and the study is a live one. ``Unauthenticated`` where the
    caller's token was issued before its account was revoked; ``FromElsewhere``, which looks the
    same, where the account is bound to networks and the call came from none of them.
    """
    principal, sightings = origin.principal, origin.sightings
    sighted = sightings and sightings.statement(principal, origin.study, origin.request_id)
    with connection.begin():
        entering = {
            "actor": principal.subject,
            "role": principal.role,
            "study": origin.study,
            "sites": principal.sites_setting(),
            "request": origin.request_id,
            "reason": "",
            "lock": None if lock is None else advisory_key(lock),
            "began": principal.token_began or 0,
        }
        beside = [] if first is None else [first]
        (row,), *answers = flight.fly(connection, [(_ENTER, entering), *beside])
        if row["revoked"]:
            raise Unauthenticated
        if origin.source is not None and not holds(row["networks"] or (), origin.source):
            raise FromElsewhere
        if not row["free"]:
            raise RequestInFlight
        if origin.clock.simulated:
            _check_simulated(connection, origin.study)
        work = UnitOfWork(
            connection, origin, origin.clock.now(row["now"]), first=next(iter(answers), [])
        )
        if sighted:
            work.waiting.append((sighted, []))
        yield work
        faults.point("before commit")
        work.close()
    if sightings and sighted:
        sightings.keep(principal, origin.study)
    faults.point("after commit")


def _check_simulated(connection: Connection, study: str) -> None:
    """What happens in a live study happens when it happens, in a sandbox too."""
    if connection.execute(_MODE, {"study": study}).scalar_one_or_none() == "live":
        raise Forbidden("Nobody names the time of a live study.")


def advisory_key(name: str) -> int:
    """A signed 64-bit key for Postgres' advisory locks."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
