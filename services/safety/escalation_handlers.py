"""The minutely sweep of the escalation ladder over every study, on schedule."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from services.safety import escalation_repository, escalation_service
from services.safety.desk import queries, query_repository
from shared.clock import Clock, DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.logs import log
from shared.identity.principal import system
from shared.settings import Settings

NAME = "safety"


class SweepFailed(RuntimeError):
    """Not every study could be swept; the next minute's sweep catches up."""


def sweep_studies(engine: Engine, clock: Clock) -> dict[str, int]:
    """Sweep every study, each in a transaction of its own; how many steps were taken.

    Raises ``SweepFailed`` after all the others were swept.
    """
    with engine.connect() as connection:
        studies = sorted(
            {*escalation_repository.studies(connection), *query_repository.studies(connection)}
        )
    steps, failed = 0, 0
    for study in studies:
        origin = Origin(system(NAME, study), study, f"escalation {study}", clock)
        try:
            steps += in_transaction(engine, origin, None, _sweep)
            in_transaction(engine, origin, None, escalation_service.alarm_of_other_rules)
        except Exception as error:  # one study must not keep the others from being escalated
            failed += 1
            log("not escalated", level="error", study=study, error=type(error).__name__)
    if failed:
        raise SweepFailed(f"{failed} of {len(studies)} studies")
    return {"studies": len(studies), "steps": steps}


def _sweep(work: UnitOfWork) -> int:
    return escalation_service.sweep(work) + queries.sweep(work)


def schedule_handler() -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """The scheduled function. It connects at its first event."""
    engines: list[Engine] = []

    def sweep(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
        if not engines:
            settings = Settings.from_environment(NAME)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return sweep_studies(engines[0], DatabaseClock())

    return sweep
