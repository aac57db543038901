"""The whole trial in one process: four apps, bus, queues, schedules, issuer, database."""

import asyncio
import importlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from infra.database.cast import PLATFORM, SERVICES
from infra.local import sandbox
from infra.local.database import LocalDatabase
from infra.local.gateway import Gateway
from infra.local.home import TEMPLATE, Home, LoginUrls
from infra.local.parity import assert_parity
from infra.local.pump import Pump
from infra.topology import read_topology
from shared.database.engine import blocking_engine
from shared.http.context import ServiceContext, make_context
from shared.identity.tokens import KeySet
from shared.settings import Settings


class _Server(uvicorn.Server):
    """A server that stops when asked, and leaves it to its host to be stopped.

    Uvicorn itself would raise the signal again once it has stopped, and the process would end
    before the database does.
    """

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


class PortTaken(RuntimeError):
    """Something else listens on the port."""


@dataclass(frozen=True)
class Ready:
    """What is told when calls can be taken."""

    url: str
    data: str
    home: Path


async def serve(home: Home, announce: Callable[[Ready], None]) -> None:
    """Start everything, call ``announce``, and serve until a signal asks to stop.

    Raises ``PortTaken``, ``PostgresError``, ``TopologyError`` or ``Disagreement`` where it cannot.
    """
    listener = _listen(home)
    topology = read_topology(TEMPLATE)
    apps = {service: _load_app(service, home) for service in SERVICES}
    assert_parity(topology, apps)  # before the database: nothing is left running by a refusal
    database = LocalDatabase(home)
    logins = database.open()
    os.environ.update(home.environment(logins))
    pump = Pump(topology, blocking_engine(logins.url(PLATFORM), pool_size=12))
    try:
        await _fill_sandbox(apps["randomization"], home, logins)
        await _run(apps, home, pump, listener, lambda: announce(_ready(home, database)))
    finally:
        await asyncio.to_thread(pump.stop)
        for app in apps.values():
            await app.state.context().runner.close()
        await asyncio.to_thread(database.close)


def _ready(home: Home, database: LocalDatabase) -> Ready:
    return Ready(home.url, database.where, home.folder)


async def _run(
    apps: dict[str, FastAPI],
    home: Home,
    pump: Pump,
    listener: socket.socket,
    announce: Callable[[], None],
) -> None:
    gateway = Gateway(apps, home, pump.wake)
    # Nothing stands before it, so what a header says of another address is the caller's own word.
    config = uvicorn.Config(
        gateway, log_config=None, access_log=False, lifespan="off", server_header=False,
        timeout_graceful_shutdown=10, proxy_headers=False,
    )  # fmt: skip
    server = _Server(config)
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(asked, server.stop)
    pump.start()
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    if not serving.done():
        announce()
    await serving


def _listen(home: Home) -> socket.socket:
    # The protocol is named because asyncio switches Nagle off only where it is: otherwise every
    # answer on a kept-alive connection waits 40 ms for an acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", home.port))
    except OSError:
        listener.close()
        raise PortTaken(
            f"Port {home.port} is taken. Another one: INDUCT_PORT=8001 make run."
        ) from None
    return listener


def _load_app(service: str, home: Home) -> FastAPI:
    app: FastAPI = importlib.import_module(f"services.{service}.entrypoint").app
    made: list[ServiceContext] = []

    # The keys are given, not fetched: this process cannot answer itself while it waits for itself.
    def context() -> ServiceContext:
        if not made:
            settings = Settings.from_environment(service)
            keys = KeySet(home.issuer().key_set)
            made.append(make_context(settings, app.state.sqlstates, keys=keys))
        return made[0]

    app.state.context = context
    return app


async def _fill_sandbox(randomization: Any, home: Home, logins: LoginUrls) -> None:
    if os.environ["INDUCT_SANDBOX"] == "1":
        await asyncio.to_thread(sandbox.activate_shipped, logins)
        transport = httpx.ASGITransport(randomization)
        async with httpx.AsyncClient(transport=transport, base_url=home.url) as client:
            await sandbox.prepare(client, home)
