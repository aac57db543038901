"""The minutely sweep that hands sealed reports to the gateway, over every study."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from services.safety import answer_use_cases, handoff_repository, handoff_service
from services.safety.e2b.gateway import FolderDrop, Gateway
from shared.clock import Clock, DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin, UnitOfWork
from shared.http.logs import log
from shared.identity.principal import system
from shared.settings import Settings

NAME = "safety"
OUTBOX = "INDUCT_E2B_OUTBOX"


def send_waiting(engine: Engine, clock: Clock, gateway: Gateway) -> dict[str, int]:
    """Deliver what waits, each message in a transaction of its own; how many went."""
    with engine.connect() as connection:
        studies = handoff_repository.studies(connection)
    sent = failed = 0
    for study in studies:
        origin = Origin(system(NAME, study), study, f"reports {study}", clock)
        for icsr_id in in_transaction(engine, origin, None, handoff_service.waiting):
            try:
                one = partial(_send, icsr_id=icsr_id, gateway=gateway)
                sent += in_transaction(engine, origin, None, one)
            except Exception as error:  # one report must not keep the others from going
                failed += 1
                log("report not sent", level="error", study=study, error=type(error).__name__)
    return {"sent": sent, "failed": failed}


def _send(work: UnitOfWork, icsr_id: str, gateway: Gateway) -> bool:
    """Deliver a message; an answer that was here before the delivery was on record is applied."""
    sent = handoff_service.deliver(work, icsr_id, gateway)
    if sent:
        answer_use_cases.apply_kept(work, icsr_id)
    return sent


def schedule_handler() -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """The scheduled function. Where no outbox is configured, reports stay sealed and waiting."""
    engines: list[Engine] = []

    def send(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
        folder = os.environ.get(OUTBOX)
        if not folder:
            return {"sent": 0, "failed": 0}
        if not engines:
            settings = Settings.from_environment(NAME)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return send_waiting(engines[0], DatabaseClock(), FolderDrop(Path(folder)))

    return send
