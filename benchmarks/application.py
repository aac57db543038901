"""The randomization app as its entry point has it, with a database and runner of our choice."""

from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from benchmarks.people import AUDIENCE, URL, People
from services.randomization.entrypoint import app
from shared.database.engine import (
    Cooperative,
    Runner,
    Threaded,
    blocking_engine,
    cooperative_engine,
)
from shared.http.context import ServiceContext, make_context
from shared.settings import Settings

COOPERATIVE, THREADED = "cooperative", "threaded"
# Of a cluster that is deleted after the run. One pair for all processes: what one sealed, the
# next must open.
SEALING_KEY, SIGNING_KEY = "a1" * 32, "b2" * 32


def deployed_runner() -> str:
    """Which of the two runners the app chooses for itself."""
    return type(_context(Path(), None).runner).__name__.lower()


def make_app(database_url: str, folder: Path, runner: str, connections: int) -> FastAPI:
    """The app; ``folder`` holds the issuer's key."""
    if runner == THREADED:
        return _with(Threaded(blocking_engine(database_url, pool_size=connections)), folder)
    return app_on(cooperative_engine(database_url, pool_size=connections), folder)


def app_on(engine: Engine, folder: Path) -> FastAPI:
    """The app on a cooperative engine."""
    return _with(Cooperative(engine), folder)


def _with(runner: Runner, folder: Path) -> FastAPI:
    context = _context(folder, runner)
    app.state.context = lambda: context
    return app


def _context(folder: Path, runner: Runner | None) -> ServiceContext:
    settings = Settings(
        service="randomization", database_url="postgresql://", issuer=URL, audience=AUDIENCE,
        jwks_url="", artefacts="", sealing_key=SEALING_KEY, signing_key=SIGNING_KEY, pool_size=1,
        sandbox=False,
    )  # fmt: skip
    keys = None if runner is None else People(folder).keys()
    return make_context(settings, app.state.sqlstates, runner=runner, keys=keys)
