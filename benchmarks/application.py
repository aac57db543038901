"""The randomization app as its entry point has it, with a database and runner of our choice."""

from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine

from benchmarks.world import SITE, STUDY
from services.randomization.entrypoint import app
from shared.database.engine import (
    Cooperative,
    Runner,
    Threaded,
    blocking_engine,
    cooperative_engine,
)
from shared.http.context import ServiceContext, make_context
from shared.identity.issuer import Issuer
from shared.identity.tokens import KeySet
from shared.settings import Settings

ISSUER, AUDIENCE = "http://issuer.benchmark", "induct"
RUNNERS = ("cooperative", "threaded")


def deployed_runner() -> str:
    """Which of ``RUNNERS`` the app chooses for itself."""
    return type(_context(Path(), None).runner).__name__.lower()


def make_app(database_url: str, folder: Path, runner: str, connections: int) -> FastAPI:
    """The app; ``folder`` holds the issuer's key."""
    if runner == "threaded":
        return _with(Threaded(blocking_engine(database_url, pool_size=connections)), folder)
    return app_on(cooperative_engine(database_url, pool_size=connections), folder)


def app_on(engine: Engine, folder: Path) -> FastAPI:
    """The app on a cooperative engine."""
    return _with(Cooperative(engine), folder)


def token(folder: Path) -> str:
    """A coordinator's token that the app accepts."""
    return _issuer(folder).token(
        client="benchmark", role="coordinator", studies=[STUDY], sites=[SITE], lifetime=3600
    )


def _with(runner: Runner, folder: Path) -> FastAPI:
    context = _context(folder, runner)
    app.state.context = lambda: context
    return app


def _context(folder: Path, runner: Runner | None) -> ServiceContext:
    settings = Settings(
        service="randomization", database_url="postgresql://", issuer=ISSUER, audience=AUDIENCE,
        jwks_url="", artefacts="", sealing_key="", signing_key="", pool_size=1, sandbox=False,
    )  # fmt: skip
    keys = KeySet(lambda: _issuer(folder).key_set())
    return make_context(settings, app.state.sqlstates, runner=runner, keys=keys)


def _issuer(folder: Path) -> Issuer:
    return Issuer(ISSUER, AUDIENCE, folder / "issuer.pem")
