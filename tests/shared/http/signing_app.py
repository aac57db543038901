"""A small app whose changes are signed, on a real database."""

from typing import Annotated, Any

import httpx
from fastapi import APIRouter
from fastapi.responses import Response

from shared.database.signatures import sign, signatures_of
from shared.database.unit_of_work import UnitOfWork
from shared.http.app import StrictRoute, create_app
from shared.http.call import Call, answer, operation
from shared.http.models import Model, SiteId, SubjectId
from shared.http.problems import documented
from shared.http.signatures import ElectronicSignature, shown
from tests.support.api import ApiClient

TABLE = "randomization.thing"
MEANING = "eligible-and-randomize"
router = APIRouter(prefix="/studies/{study}", route_class=StrictRoute)
Signed = Annotated[Call, operation("randomization.request_allocation")]
Plain = Annotated[Call, operation("randomization.open_site")]


class Thing(Model):
    subject: SubjectId
    site: SiteId
    remark: str = "none"


@router.post("/things", status_code=201, responses=documented())
async def add(body: Thing, call: Signed) -> Response:
    def use_case(work: UnitOfWork) -> ElectronicSignature:
        return shown(
            sign(
                work,
                table=TABLE,
                key=body.subject,
                content=body.model_dump(mode="json"),
                subject=body.subject,
                site=body.site,
            )
        )

    return await call.change(body, lambda work: answer(use_case(work)))


@router.get("/things", responses=documented())
async def find(call: Signed) -> list[ElectronicSignature]:
    return await call.read(lambda work: [shown(r) for r in signatures_of(work, TABLE, "S01-001")])


@router.post("/plain", status_code=201, responses=documented())
async def add_plain(body: Thing, call: Plain) -> Response:
    return await call.change(body, lambda work: answer(body))


class SigningClient:
    """Calls the app as the client of a service that it is given would call its own."""

    def __init__(self, api: ApiClient) -> None:
        self.api = api
        app = create_app("randomization", router, {}, "For tests")
        app.state.context = lambda: api.context
        api._run(api._client.aclose())
        api._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False),
            base_url="http://service.test",
        )

    def signature(self, **said: Any) -> str:
        return self.api.signature(**({"role": "investigator", "meaning": MEANING} | said))

    def add(
        self, signature: str | None, *, path: str = "/things", **options: Any
    ) -> httpx.Response:
        return self.api._run(self.adding(signature, path=path, **options))

    async def adding(
        self, signature: str | None, *, path: str = "/things", **options: Any
    ) -> httpx.Response:
        headers = {} if signature is None else {"Induct-Signature": signature}
        return await self.api.call("POST", path, headers=headers, **({"json": thing()} | options))


def thing(subject: str = "S01-001", **changes: Any) -> dict[str, Any]:
    return {"subject": subject, "site": "S01"} | changes
