"""What the analytics service does on events and schedules."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from services.analytics import repository, service
from shared.artefacts import ArtefactStore
from shared.clock import DatabaseClock
from shared.contracts.analytics import RunRequested
from shared.contracts.envelope import Envelope
from shared.database.unit_of_work import Origin, UnitOfWork, begin
from shared.http.logs import log
from shared.identity.principal import system
from shared.messaging.consumer import Consumer, PoisonMessage

NAME = "analytics"


class RunConsumer(Consumer):
    """Performs the runs that are asked for, with partial batch answers as every consumer.

    A run takes longer than a transaction should, so it has transactions of its own: the last one
    publishes and marks the event as handled. A run that fails is reported, so that it comes again
    and ends among the dead letters; a run that is published already is no work.
    """

    def __init__(self, store: Callable[[], ArtefactStore]) -> None:
        super().__init__(NAME, {})
        self._store = store

    def handle(self, engine: Engine, event: Envelope) -> None:
        if event.type != RunRequested.type:
            raise PoisonMessage(f"{self.name} has no handler for this type of event")
        asked = RunRequested.model_validate(event.data)
        # Loads lifelines, scipy and matplotlib: only the process that performs runs pays for them.
        from services.analytics.run import perform

        store, trace = self._store(), self.trace(event)
        perform(engine, event.study, asked.run_id, store, str(event.id), trace)


class NightFailed(RuntimeError):
    """The night could not be asked for in every study; asking again is harmless."""


def ask_for_nights(engine: Engine, event: Mapping[str, Any]) -> dict[str, int]:
    """Ask for the night's run of every study.

    ``event`` may give the cutoff (``cutoff``, YYYY-MM-DD); otherwise it is the day before the
    schedule's ``time`` (an instant; by default now) in its ``time_zone`` (IANA, by default UTC).
    Asking twice is harmless. Raises ``ValueError`` for an event that cannot be read, and
    ``NightFailed`` after the other studies were asked for.
    """
    with engine.connect() as connection:
        studies = repository.studies(connection)
    asked, failed = 0, 0
    for study in studies:
        try:
            asked += _in_study(engine, study, lambda work: service.request_night(
                work, night_cutoff(event, work.now)))  # fmt: skip
        except ValueError:
            raise
        except Exception as error:  # one study must not keep the others from their night
            failed += 1
            log("night not asked for", level="error", study=study, error=type(error).__name__)
    if failed:
        raise NightFailed(f"{failed} of {len(studies)} studies")
    return {"asked": asked, "known": len(studies) - asked}


def night_cutoff(event: Mapping[str, Any], now: datetime) -> date:
    """The cutoff of a night. Raises ``ValueError`` where the event cannot be read."""
    if "cutoff" in event:
        return date.fromisoformat(str(event["cutoff"]))
    at = datetime.fromisoformat(str(event["time"])) if "time" in event else now
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    zone = ZoneInfo(str(event.get("time_zone", "UTC")))
    return at.astimezone(zone).date() - timedelta(days=1)


def _in_study(engine: Engine, study: str, use_case: Callable[[UnitOfWork], bool]) -> bool:
    origin = Origin(system(NAME, study), study, f"night {study}", DatabaseClock())
    with engine.connect() as connection, begin(connection, origin) as work:
        return use_case(work)
