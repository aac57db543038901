"""The nightly reconciliation of every study, on schedule."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine

from services.randomization import reconciliation_repository as repository
from services.randomization import reconciliation_service
from shared.clock import DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin
from shared.http.logs import log
from shared.identity.principal import system
from shared.settings import Settings

NAME = "randomization"


class NightFailed(RuntimeError):
    """Not every study could be reconciled; doing it again is harmless."""


def reconcile_studies(engine: Engine) -> dict[str, int]:
    """Reconcile every study, each in a transaction of its own.

    Answers how many were, and in how many something differs. Raises ``NightFailed`` after all the
    others were reconciled.
    """
    with engine.connect() as connection:
        studies = repository.every_study(connection)
    differing, failed = 0, 0
    for study in studies:
        try:
            differing += _reconcile(engine, study)
        except Exception as error:  # one study must not keep the others from their night
            failed += 1
            log("not reconciled", level="error", study=study, error=type(error).__name__)
    if failed:
        raise NightFailed(f"{failed} of {len(studies)} studies")
    return {"reconciled": len(studies), "differing": differing}


def schedule_handler() -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """The scheduled function. It connects at its first event."""
    engines: list[Engine] = []

    def start_reconciliation(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
        if not engines:
            settings = Settings.from_environment(NAME)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return reconcile_studies(engines[0])

    return start_reconciliation


def _reconcile(engine: Engine, study: str) -> bool:
    """True where something differs; logged, because somebody has to look."""
    origin = Origin(system(NAME, study), study, f"reconciliation {study}", DatabaseClock())
    found = in_transaction(engine, origin, None, reconciliation_service.reconcile)
    if found.differences:
        log("reconciliation found differences", level="warning", study=study)
    return bool(found.differences)
