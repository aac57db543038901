"""Events to send, buses to send them on, and a look at what became of them."""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from infra.bus.port import Entry
from infra.bus.queues import Invocation
from infra.topology import Queue
from shared.clock import DatabaseClock
from shared.contracts.assessments import SubjectRegistered
from shared.contracts.envelope import EventData
from shared.database.engine import blocking_engine
from shared.database.outbox import publish
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.identity.principal import system
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
# One second of the queues under test, in seconds: so long that the machine's own time, which goes
# on while a test moves the queue's, makes no difference.
SECOND = 3600


def registered(subject: str = "S01-001") -> SubjectRegistered:
    return SubjectRegistered(subject_id=subject, site="S01")


class Writer:
    """Writes events as a service does: in a transaction, through the outbox."""

    def __init__(self, database: TestDatabase, service: str = "assessments") -> None:
        self._database = database
        self.engine: Engine = blocking_engine(database.url(f"induct_{service}"), pool_size=4)
        self._origin = Origin(system(service, STUDY), STUDY, str(uuid.uuid4()), DatabaseClock())

    @contextmanager
    def transaction(self) -> Iterator[UnitOfWork]:
        """A unit of work; it commits at the end of the block."""
        with self.engine.connect() as connection, begin(connection, self._origin) as work:
            yield work

    def open(self, connection: Connection) -> Any:
        return begin(connection, self._origin)

    def publish(self, *events: EventData) -> None:
        """Each event in a transaction of its own."""
        for event in events:
            with self.transaction() as work:
                publish(work, event)

    def outbox(self, *columns: str) -> list[tuple[object, ...]]:
        return self._database.rows(
            f"SELECT {', '.join(columns)} FROM platform.outbox ORDER BY created_at"
        )

    def end_leases(self) -> None:
        """As if every lease of the relay had run out."""
        with self._database.admin() as admin:
            admin.execute("UPDATE platform.outbox SET leased_until = now() - interval '1 second'")


class Recorder:
    """A bus that remembers what it was given. ``refuse`` answers why it takes an entry not."""

    def __init__(self, refuse: Callable[[Entry], str | None] = lambda entry: None) -> None:
        self.calls: list[list[Entry]] = []
        self.refuse = refuse
        self._lock = threading.Lock()

    def publish(self, entries: Sequence[Entry]) -> Mapping[str, str]:
        with self._lock:
            self.calls.append(list(entries))
        whys = {entry.event_id: self.refuse(entry) for entry in entries}
        return {event_id: why for event_id, why in whys.items() if why is not None}

    @property
    def ids(self) -> list[str]:
        """Every entry that came, also those that were refused, in order."""
        return [entry.event_id for call in self.calls for entry in call]


class Deliveries:
    """The rows behind one queue."""

    def __init__(self, database: TestDatabase, queue: Queue) -> None:
        self._database = database
        self.queue = queue

    def add(self, *subjects: str) -> list[str]:
        """Deliver an event for each subject; their ids, in order."""
        return [self._add(subject) for subject in subjects]

    def _add(self, subject: str) -> str:
        event_id = str(uuid.uuid4())
        with self._database.admin() as admin:
            admin.execute(
                "INSERT INTO platform.delivery (consumer, event_id, envelope) VALUES (%s, %s,"
                " jsonb_build_object('detail-type', 'subject.registered',"
                " 'detail', jsonb_build_object('id', %s::text, 'subject', %s::text)))",
                (self.queue.logical_id, event_id, event_id, subject),
            )
        return event_id

    def let_pass(self, seconds: float) -> None:
        """As if so many of the queue's seconds had passed for every message."""
        with self._database.admin() as admin:
            admin.execute(
                "UPDATE platform.delivery SET visible_at = visible_at - %s * interval '1 second'",
                (seconds * SECOND,),
            )

    def states(self) -> dict[str, str]:
        rows = self._database.rows("SELECT event_id::text, state FROM platform.delivery")
        return {str(event_id): str(state) for event_id, state in rows}

    def cause(self, event_id: str) -> object:
        query = "SELECT last_error FROM platform.delivery WHERE event_id = %s"
        return self._database.rows(query, event_id)[0][0]


class Function:
    """A consumer that fails for the messages in ``failing``, and remembers what came."""

    def __init__(self, *failing: str) -> None:
        self.failing = set(failing)
        self.received: list[str] = []
        self.batches: list[int] = []

    def __call__(self, event: Mapping[str, Any]) -> Invocation:
        ids = [record["messageId"] for record in event["Records"]]
        self.received += ids
        self.batches.append(len(ids))
        failed = [each for each in ids if each in self.failing]
        answer = {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
        return Invocation(answer, dict.fromkeys(failed, "ValueError in the_handler"))
