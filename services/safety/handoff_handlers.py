"""The minutely sweep that hands sealed reports to the gateway, over every study."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from services.safety import handoff_repository, handoff_service
from services.safety.e2b.gateway import FolderDrop, Gateway, hand_over
from shared.clock import Clock, DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin
from shared.http.logs import log
from shared.identity.principal import system
from shared.settings import Settings

NAME = "safety"
OUTBOX = "INDUCT_E2B_OUTBOX"


def send_waiting(engine: Engine, clock: Clock, gateway: Gateway | None) -> dict[str, int]:
    """Deliver what waits; how many went, and how often something broke. Without a gateway nothing
    goes, and what is not owed any more is withdrawn all the same."""
    with engine.connect() as connection:
        studies = handoff_repository.studies(connection)
    sent = failed = 0
    for study in studies:
        origin = Origin(system(NAME, study), study, f"reports {study}", clock)
        for icsr_id in in_transaction(engine, origin, None, handoff_service.waiting):
            try:
                sent += _send(engine, origin, icsr_id, gateway)
            except Exception as error:  # one report must not keep the others from going
                failed += 1
                log("report not sent", level="error", study=study, error=type(error).__name__)
    return {"sent": sent, "failed": failed}


def _send(engine: Engine, origin: Origin, icsr_id: str, gateway: Gateway | None) -> bool:
    """Claim a message, hand it over without a transaction, record it; whether it went."""
    if gateway is None:
        in_transaction(engine, origin, None, partial(handoff_service.settle, icsr_id=icsr_id))
        return False
    row = in_transaction(engine, origin, None, partial(handoff_service.claim, icsr_id=icsr_id))
    if row is None:
        return False
    refused = hand_over(gateway, row["file_name"], row["document"].encode("utf-8"))
    made = partial(handoff_service.record, row=row, refused=refused)
    return in_transaction(engine, origin, None, made)


def folder_gateway() -> Gateway | None:
    """The folder that the gateway's client watches, None where none is configured."""
    folder = os.environ.get(OUTBOX)
    return FolderDrop(Path(folder)) if folder else None


def schedule_handler(
    gateway: Callable[[], Gateway | None],
) -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """The scheduled function, by the deployment's gateway. It connects at its first event.

    Without a gateway reports stay sealed and waiting; what is not owed any more is withdrawn all
    the same.
    """
    engines: list[Engine] = []

    def send(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
        if not engines:
            settings = Settings.from_environment(NAME)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return send_waiting(engines[0], DatabaseClock(), gateway())

    return send
