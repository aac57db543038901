"""Requests to the measured app without a network, in this very process."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine

from benchmarks.application import app_on
from benchmarks.outcome import InvalidRun
from benchmarks.people import People
from benchmarks.trial import LIST, LIST_SECRET, STUDY, definition
from shared.database.engine import cooperative_engine


class Inside:
    """The app on one connection; ``people`` may ask it."""

    def __init__(self, engine: Engine, client: httpx.AsyncClient, people: People) -> None:
        self.engine = engine
        self.people = people
        self._client = client

    async def post(
        self, path: str, body: dict[str, Any], *, role: str, key: str, signature: str | None = None
    ) -> dict[str, Any]:
        """The answer. Raises ``InvalidRun`` where the request is refused."""
        headers = {"Authorization": f"Bearer {self.people.token(role)}", "Idempotency-Key": key}
        if signature is not None:
            headers["Induct-Signature"] = signature
        url = f"/randomization/v1/studies/{STUDY}{path}"
        answer = await self._client.post(url, json=body, headers=headers)
        if answer.is_error:
            raise InvalidRun(f"POST {path} was refused: {answer.status_code} {answer.text}")
        found: dict[str, Any] = answer.json()
        return found


@asynccontextmanager
async def inside(database_url: str, folder: Path) -> AsyncIterator[Inside]:
    """The app, for as long as the block lasts; no connection is left afterwards."""
    engine = cooperative_engine(database_url, pool_size=1)
    app = app_on(engine, folder)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        try:
            yield Inside(engine, client, People(folder))
        finally:
            await app.state.context().runner.close()


async def put_list_in_force(database_url: str, folder: Path) -> None:
    """Seal the trial's list and let a second person approve it, as in earnest."""
    made = {"method": definition().randomization.scheme.method, "list_id": LIST}
    async with inside(database_url, folder) as app:
        sealed = await app.post(
            "/lists", made | {"secret": LIST_SECRET}, role="statistician", key="seal"
        )
        word = {"root": sealed["root"], "slots": sealed["slots"]}
        signature = app.people.signature("randomization.activate_list", "admin", word)
        await app.post(
            f"/lists/{LIST}/activation", word, role="admin", key="approve", signature=signature
        )
