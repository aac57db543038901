"""Queue consumers: SQS batches of EventBridge events, each handled once in its own transaction."""

import json
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, text

from shared import faults
from shared.clock import DatabaseClock
from shared.contracts.envelope import Envelope
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.logs import log
from shared.identity.principal import system
from shared.trace import Trace, trace_of

Handle = Callable[[UnitOfWork, Envelope], None]

_FIRST_TIME = text("""
    INSERT INTO platform.inbox (consumer, event_id) VALUES (:consumer, :event_id)
    ON CONFLICT DO NOTHING RETURNING event_id
""")


# Set by a host that wants to know why messages failed; Lambda's answer has no place for it.
failure_causes: ContextVar[dict[str, str] | None] = ContextVar("failure_causes", default=None)

# Packages that an error of a handler passes through; where it came from is above them.
_PASSED_THROUGH = frozenset({"psycopg", "psycopg_binary", "pydantic", "shared", "sqlalchemy"})


class PoisonMessage(ValueError):
    """A message that no retry can make readable."""


class Consumer:
    """Handles the events a service subscribes to. ``handlers`` maps event types to functions."""

    def __init__(self, name: str, handlers: Mapping[str, Handle]) -> None:
        self.name = name
        self.handlers = handlers

    def handle_batch(self, engine: Engine, event: Mapping[str, Any]) -> dict[str, Any]:
        """Handle an SQS event; answer which messages failed, so that only those come again."""
        failed = [
            record["messageId"]
            for record in event["Records"]
            if not self._survives(engine, record["body"], record["messageId"])
        ]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    def _survives(self, engine: Engine, body: str, message_id: str) -> bool:
        faults.point("between two messages of a batch")
        known: dict[str, str] = {}
        try:
            event = read_envelope(body)
            known = {
                "event_id": str(event.id),
                "event_type": event.type,
                "trace_id": self.trace(event).id,
            }
            self.handle(engine, event)
        except Exception as error:  # one bad message must not hold up the others of its batch
            log(
                "message failed",
                level="error",
                service=self.name,
                message_id=message_id,
                error=type(error).__name__,
                **known,
            )
            causes = failure_causes.get()
            if causes is not None:
                causes[message_id] = _cause(error)
            return False
        log("message handled", service=self.name, message_id=message_id, **known)
        return True

    def trace(self, event: Envelope) -> Trace:
        """The trace of the event goes on: a poller's own would hold many events' work together."""
        return trace_of(f"{self.name} {event.id}", event.traceparent)

    def handle(self, engine: Engine, event: Envelope) -> None:
        """Handle one event; a repeat of an event already handled is a no-op."""
        handler = self.handlers.get(event.type)
        if handler is None:
            raise PoisonMessage(f"{self.name} has no handler for this type of event")
        principal = system(self.name, event.study)
        origin = Origin(
            principal, event.study, str(event.id), DatabaseClock(), trace=self.trace(event)
        )

        def once(work: UnitOfWork) -> None:
            first = work.execute(_FIRST_TIME, consumer=self.name, event_id=event.id).one_or_none()
            if first is not None:
                handler(work, event)

        in_transaction(engine, origin, None, once)


def _cause(error: Exception) -> str:
    """Kind and place of an error. Its text may hold patient data, so only our own is shown."""
    frames = [
        (frame.f_globals.get("__name__", "").partition(".")[0], frame.f_code.co_name)
        for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    telling = [name for package, name in frames if package not in _PASSED_THROUGH]
    where = f" in {(telling or [name for _, name in frames])[-1]}" if frames else ""
    words = f": {error}" if isinstance(error, PoisonMessage) else ""
    # What the driver said is more telling than SQLAlchemy's class around it.
    kind = type(getattr(error, "orig", None) or error).__name__
    return f"{kind}{where}{words}"


def read_envelope(body: str) -> Envelope:
    """The CloudEvent inside an EventBridge event inside an SQS body."""
    try:
        return Envelope.model_validate(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PoisonMessage("the message is no event of this system") from None
