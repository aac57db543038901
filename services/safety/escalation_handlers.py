"""The minutely sweep of the escalation ladder over every study, on schedule."""

import uuid
from collections.abc import Callable, Mapping
from functools import partial
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
    """Not every case could be escalated; the next minute's sweep tries again, and every minute this
    is an alarm."""


def sweep_studies(engine: Engine, clock: Clock) -> dict[str, int]:
    """Sweep every study, each case in a transaction of its own; how many steps were taken.

    Raises ``SweepFailed`` after all the others were swept.
    """
    with engine.connect() as connection:
        studies = sorted(
            {*escalation_repository.studies(connection), *query_repository.studies(connection)}
        )
    steps, failed = 0, []
    for study in studies:
        origin = Origin(system(NAME, study), study, f"escalation {study}", clock)
        try:
            taken, left = _sweep_cases(engine, origin)
            steps += taken
            failed += left
            in_transaction(engine, origin, None, escalation_service.alarm_of_other_rules)
        except Exception as error:  # one study must not keep the others from being escalated
            failed.append(study)
            _alarm(study, error)
    if failed:
        raise SweepFailed(f"not escalated: {', '.join(failed)}")
    return {"studies": len(studies), "steps": steps}


def _sweep_cases(engine: Engine, origin: Origin) -> tuple[int, list[str]]:
    """The steps taken in a study, and the numbers of the cases in which none could be."""
    steps, failed = 0, []
    due = in_transaction(engine, origin, None, _due)
    for case_id, number in due.items():
        try:
            steps += in_transaction(engine, origin, None, partial(_sweep, case_id=case_id))
        except Exception as error:  # one case must not keep the others from being escalated
            failed.append(number)
            _alarm(origin.study, error, case=number)
    return steps, failed


def _due(work: UnitOfWork) -> dict[uuid.UUID, str]:
    return escalation_service.due(work) | queries.due(work)


def _sweep(work: UnitOfWork, case_id: uuid.UUID) -> int:
    return escalation_service.sweep(work, case_id) + queries.sweep(work, case_id)


def _alarm(study: str, error: Exception, **about: str) -> None:
    log(
        "not escalated",
        level="error",
        service=NAME,
        study=study,
        problem="not-escalated",
        error=type(error).__name__,
        **about,
    )


def schedule_handler() -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """The scheduled function. It connects at its first event."""
    engines: list[Engine] = []

    def sweep(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
        if not engines:
            settings = Settings.from_environment(NAME)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return sweep_studies(engines[0], DatabaseClock())

    return sweep
