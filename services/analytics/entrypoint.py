"""Lambda entry points of the analytics service."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from services.analytics.endpoints import router
from services.analytics.errors import SQLSTATES
from services.analytics.handlers import NAME, RunConsumer, ask_for_nights
from shared.artefacts import ArtefactStore, store_at
from shared.database.engine import blocking_engine
from shared.http.app import create_app
from shared.lambda_entry import http_handler, queue_handler
from shared.settings import Settings

_engines: list[Engine] = []


def _store() -> ArtefactStore:
    return store_at(Settings.from_environment(NAME).artefacts)


app = create_app(NAME, router, SQLSTATES, "Nightly results: pooled for all, by arm for few.")
handler = http_handler(app)
consume = queue_handler(NAME, RunConsumer(_store))


def start_night(event: Mapping[str, Any], _context: Any) -> dict[str, int]:
    """Ask for the night's run of every study. A scheduled function.

    Its Input may name the cutoff, or the schedule's time and zone: see ``ask_for_nights``. Answers
    how many runs were asked for, and how many had been before.
    """
    if not _engines:
        settings = Settings.from_environment(NAME)
        _engines.append(blocking_engine(settings.database_url, pool_size=1))
    return ask_for_nights(_engines[0], event)
