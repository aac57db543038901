"""The minutely watch over what webhooks did not get through, over every study."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from services.safety.e2b.gateway import FolderDrop, Gateway
from services.safety.webhooks import fallback, fallback_repository
from shared.clock import Clock, DatabaseClock
from shared.database.engine import blocking_engine
from shared.database.transact import in_transaction
from shared.database.unit_of_work import Origin
from shared.http.logs import log
from shared.identity.principal import system
from shared.settings import Settings

NAME = "safety"
OUTBOX = "INDUCT_FALLBACK_OUTBOX"
TO = "INDUCT_FALLBACK_TO"


def watch_studies(
    engine: Engine, clock: Clock, channel: Gateway | None, to: str = ""
) -> dict[str, int]:
    """Raise what is to be told, and deliver what waits, each in a transaction of its own.

    Without a ``channel`` it is raised all the same: in the log, and in the listing.
    """
    with engine.connect() as connection:
        studies = fallback_repository.studies(connection)
    raised = sent = failed = 0
    for study in studies:
        origin = Origin(system(NAME, study), study, f"fallback {study}", clock)
        try:
            raised += in_transaction(engine, origin, None, fallback.watch)
            waiting = in_transaction(engine, origin, None, fallback_repository.waiting)
            if channel is not None:
                each = partial(fallback.deliver, channel=channel, to=to)
                for notice in waiting:
                    sent += in_transaction(engine, origin, None, partial(each, notice=notice))
        except Exception as error:  # one study must not keep the others from being told
            failed += 1
            log("fallback failed", level="error", study=study, error=type(error).__name__)
    return {"raised": raised, "sent": sent, "failed": failed}


def folder_channel() -> Gateway | None:
    """The folder that a mail client watches, None where none is configured."""
    folder = os.environ.get(OUTBOX)
    return FolderDrop(Path(folder)) if folder else None


def schedule_handler(
    channel: Callable[[], Gateway | None],
) -> Callable[[Mapping[str, Any], Any], dict[str, int]]:
    """The scheduled function, by the deployment's channel. It connects at its first event."""
    engines: list[Engine] = []

    def watch(_event: Mapping[str, Any], _context: Any) -> dict[str, int]:
        if not engines:
            settings = Settings.from_environment(NAME)
            engines.append(blocking_engine(settings.database_url, pool_size=1))
        return watch_studies(engines[0], DatabaseClock(), channel(), os.environ.get(TO, ""))

    return watch
