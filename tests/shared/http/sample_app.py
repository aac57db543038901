"""A small service with every kind of field, and with routes that break."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import httpx
from fastapi import APIRouter, Path, Query
from fastapi.responses import StreamingResponse
from pydantic import Field

from shared.http.app import StrictRoute, create_app
from shared.http.call import Call, operation
from shared.http.context import make_context
from shared.http.models import Code, DecimalText, Instant, IsoDate, Model, Name, SubjectId
from shared.http.pagination import Page, page
from shared.http.problems import documented
from shared.identity.issuer import Issuer
from shared.identity.tokens import KeySet
from shared.settings import Settings

CANARY = "CANARY-2015-06-15"
BASE = "/randomization/v1/studies/NCT05748171"
router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute)
Reader = Annotated[Call, operation("randomization.list_sites")]


class Tablet(Model):
    kind: Literal["tablet"]
    count: Annotated[int, Field(ge=1, le=9)]


class Infusion(Model):
    kind: Literal["infusion"]
    dose: DecimalText


class Thing(Model):
    subject: SubjectId
    name: Name
    seen_at: Instant
    born_on: IsoDate | None = None
    values: Annotated[dict[Code, bool | int | str], Field(max_length=3)]
    given: Annotated[Tablet | Infusion, Field(discriminator="kind")]
    more: Annotated[list[Tablet], Field(default_factory=list)]


@router.post("/things", responses=documented())
async def add(body: Thing, call: Reader) -> Thing:
    return body


@router.get("/things", responses=documented())
async def find(
    call: Reader,
    at: Annotated[Page, page()],
    since: Annotated[Instant | None, Query()] = None,
) -> dict[str, Any]:
    return {"after": at.after, "limit": at.limit, "since": since}


@router.get("/things/{thing}", responses=documented())
async def read(
    thing: Annotated[str, Path(pattern="^T[0-9]{1,3}$")], call: Reader
) -> dict[str, str]:
    return {"thing": thing}


@router.get("/crash", responses=documented())
async def crash(call: Reader) -> None:
    raise RuntimeError(CANARY)


@router.get("/breaks-off", responses=documented())
async def break_off(call: Reader) -> StreamingResponse:
    async def content() -> AsyncIterator[bytes]:
        yield b"the first part"
        raise RuntimeError(CANARY)

    return StreamingResponse(content(), media_type="text/plain")


def thing(**changes: Any) -> dict[str, Any]:
    """A body that is accepted; a change to None takes the field away."""
    good = {
        "subject": "S01-001",
        "name": "Name",
        "seen_at": "2026-01-01T10:00:00Z",
        "values": {"a": True, "b": 1, "c": "text"},
        "given": {"kind": "tablet", "count": 1},
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


class SampleClient:
    """Calls the sample service in-process, with an administrator's token."""

    def __init__(self, issuer: Issuer) -> None:
        settings = Settings(
            service="randomization",
            database_url="postgresql://nobody@127.0.0.1:1/nowhere",
            issuer=issuer.url,
            audience=issuer.audience,
            jwks_url="not used",
            artefacts="",
            sealing_key="",
            signing_key="",
            pool_size=1,
            sandbox=False,
        )
        self.app = create_app("randomization", router, {}, "For tests")
        context = make_context(settings, {}, keys=KeySet(issuer.key_set))
        self.app.state.context = lambda: context
        token = issuer.token(client="c", role="admin", studies=["NCT05748171"], sites=["*"])
        self._runner = asyncio.Runner()
        # A server swallows what an app raises; ``raise_app_exceptions`` shows it to a test.
        self.transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(
            transport=self.transport,
            base_url="http://service.test",
            headers={"Authorization": f"Bearer {token}"},
        )

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.request(method, path, **options))

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
