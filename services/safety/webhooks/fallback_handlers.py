"""The minutely watch over what webhooks did not get through, over every study."""

import os
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from services.safety.e2b.gateway import FolderDrop, Gateway, hand_over
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
    """Raise what is to be told, and deliver what waits; how many were raised, sent, and how often
    something broke.

    Without a ``channel`` it is raised all the same: in the log, and in the listing.
    """
    with engine.connect() as connection:
        studies = fallback_repository.studies(connection)
    count = {"raised": 0, "sent": 0, "failed": 0}
    for study in studies:
        origin = Origin(system(NAME, study), study, f"fallback {study}", clock)
        try:
            count["raised"] += in_transaction(engine, origin, None, fallback.watch)
            waiting = in_transaction(engine, origin, None, fallback_repository.waiting)
        except Exception as error:  # one study must not keep the others from being told
            count["failed"] += 1
            _log_failure(study, error)
            continue
        if channel is None:
            continue
        for notice in waiting:
            try:
                count["sent"] += _deliver(engine, origin, notice, channel, to)
            except Exception as error:  # nor one notice those behind it
                count["failed"] += 1
                _log_failure(study, error)
    return count


def _deliver(engine: Engine, origin: Origin, notice: uuid.UUID, channel: Gateway, to: str) -> bool:
    """Claim a notice, hand it over without a transaction, record it; whether it was taken."""
    row = in_transaction(engine, origin, None, partial(fallback.claim, notice=notice))
    if row is None:
        return False
    refused = hand_over(channel, f"{notice}.eml", fallback.letter(row, to))
    made = partial(fallback.record, notice=notice, refused=refused)
    in_transaction(engine, origin, None, made)
    return refused is None


def _log_failure(study: str, error: Exception) -> None:
    log("fallback failed", level="error", study=study, error=type(error).__name__)


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
