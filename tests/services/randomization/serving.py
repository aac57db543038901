"""The randomization app in a process of its own, to be killed: ``python -m`` this module.

What it needs is in the variable ``INDUCT_TEST_SERVING``; it prints its port when it listens.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import uvicorn

from services.randomization.entrypoint import app
from shared.http.context import make_context
from shared.identity.issuer import Issuer
from shared.identity.tokens import KeySet
from shared.settings import Settings
from tests.support.api import SEALING_KEY, SIGNING_KEY
from tests.support.database import TestDatabase

VARIABLE = "INDUCT_TEST_SERVING"
PATIENCE_SECONDS = 60


class Serving:
    """A running server; ``kill`` is SIGKILL: no farewell, no rollback, no closed connection."""

    def __init__(self, database: TestDatabase, issuer: Issuer) -> None:
        needed = {
            "database_url": database.url("induct_randomization"),
            "issuer": issuer.url,
            "audience": issuer.audience,
            "keys": issuer.key_set(),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=os.environ | {VARIABLE: json.dumps(needed)},
            cwd=Path(__file__).parents[3],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGKILL)
            self._process.communicate(timeout=PATIENCE_SECONDS)


def serve() -> None:
    given = json.loads(os.environ[VARIABLE])
    settings = Settings(
        service="randomization",
        database_url=given["database_url"],
        issuer=given["issuer"],
        audience=given["audience"],
        jwks_url="not used in tests",
        artefacts="",
        sealing_key=SEALING_KEY,
        signing_key=SIGNING_KEY,
        pool_size=8,
        sandbox=False,
    )
    context = make_context(settings, app.state.sqlstates, keys=KeySet(lambda: dict(given["keys"])))
    app.state.context = lambda: context
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="critical")).run(sockets=[listener])


if __name__ == "__main__":
    serve()
