"""A client of one service's app, in-process, on a real database."""

import asyncio
import importlib
import itertools
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import httpx

from shared.database.engine import Cooperative
from shared.http.context import ServiceContext, make_context
from shared.identity.issuer import Issuer, SignatureRequest
from shared.identity.matrix import SignatureRule, matrix
from shared.identity.tokens import KeySet
from shared.settings import Settings
from tests.support.database import TestDatabase
from tests.support.kept import new_connections

T = TypeVar("T")
Call = Coroutine[Any, Any, httpx.Response]
SEALING_KEY = "00" * 32
SIGNING_KEY = "11" * 32
_keys = itertools.count(1)


class ApiClient:
    """Calls an app as a role. Paths are relative to ``/<service>/v1/studies/<study>``.

    A change gets a fresh Idempotency-Key unless ``key`` gives one (``key=""`` sends none).
    What the role matrix wants signed is signed, by the caller where the role may and else by one
    who may; ``signed_by`` names another role, or says more (see ``signature``); ``""``: nobody.
    """

    study = "NCT05748171"

    def __init__(
        self, service: str, database: TestDatabase, issuer: Issuer, *, sandbox: bool, pool_size: int
    ) -> None:
        self.service = service
        self._issuer = issuer
        self.app = importlib.import_module(f"services.{service}.entrypoint").app
        settings = Settings(
            service=service,
            database_url=database.url(f"induct_{service}"),
            issuer=issuer.url,
            audience=issuer.audience,
            jwks_url="not used in tests",
            artefacts="",
            sealing_key=SEALING_KEY,
            signing_key=SIGNING_KEY,
            pool_size=pool_size,
            sandbox=sandbox,
        )
        self._kept = database.kept
        where = (settings.database_url, pool_size)
        self._connections = self._kept.take(*where) if self._kept else new_connections(*where)
        self.context: ServiceContext = make_context(
            settings,
            self.app.state.sqlstates,
            runner=Cooperative(self._connections.engine),
            keys=KeySet(issuer.key_set),
        )
        self._before = self.app.state.context
        self.app.state.context = lambda: self.context
        self._transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=self._transport, base_url="http://service.test")

    def come_from(self, address: str | None) -> None:
        """Let the calls that follow come from an address; None: from nobody knows where."""
        self._transport.client = (address, 50_000) if address else None  # type: ignore[assignment]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> httpx.Response:
        return self.request("PUT", path, **options)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self._run(self.call(method, path, **options))

    def together(
        self, calls: Iterable[Coroutine[Any, Any, httpx.Response]]
    ) -> list[httpx.Response]:
        """All calls at once: ``api.together(api.call("POST", ...) for ...)``."""

        async def gather() -> list[httpx.Response]:
            return list(await asyncio.gather(*calls))

        return self._run(gather())

    async def call(
        self,
        method: str,
        path: str,
        *,
        role: str | None = "coordinator",
        sites: Sequence[str] | None = None,
        study: str | None = None,
        client: str | None = None,
        key: str | None = None,
        at: datetime | None = None,
        signed_by: str | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        **options: Any,
    ) -> httpx.Response:
        study = study or self.study
        sent = dict(headers or {})
        if role is not None:
            sent["Authorization"] = "Bearer " + self.token(role, sites, study, client)
        if method != "GET" and key != "":
            sent["Idempotency-Key"] = key or f"key-{next(_keys)}"
        if at is not None:
            sent["Induct-Simulated-Time"] = at.isoformat()
        if signed_by is None and role is not None:
            signed_by = self._signer(method, path, role, client)
        if signed_by:
            said: dict[str, Any] = (
                {"role": signed_by} if isinstance(signed_by, str) else dict(signed_by)
            )
            said = {"study": study, "meaning": self._meaning(method, path)} | said
            if not matrix().roles[said["role"]].all_sites:
                said.setdefault("sites", sites)
            sent["Induct-Signature"] = self.signature(**said)
        url = path if path.startswith("//") else f"/{self.service}/v1/studies/{study}{path}"
        return await self._client.request(method, url.replace("//", "/"), headers=sent, **options)

    def token(
        self, role: str, sites: Sequence[str] | None, study: str, client: str | None = None
    ) -> str:
        default = ["*"] if matrix().roles[role].all_sites else ["S01"]
        return _token(
            self._issuer, client or f"{role}-client", role, study, tuple(sites or default)
        )

    def signature(
        self,
        *,
        role: str,
        meaning: str,
        study: str | None = None,
        sites: Sequence[str] | None = None,
        client: str | None = None,
        name: str | None = None,
        content_sha256: str | None = None,
        at: int | None = None,
    ) -> str:
        """A signature token, by somebody who authenticated now or ``at`` (Unix time)."""
        default = ["*"] if matrix().roles[role].all_sites else ["S01"]
        asked = SignatureRequest(
            client=client or f"{role}-client",
            name=name or f"{role.capitalize()} in Print",
            role=role,
            meaning=meaning,
            studies=[study or self.study],
            sites=sites or default,
            content_sha256=content_sha256,
        )
        return self._issuer.signature(asked, at=at)

    def _signer(
        self, method: str, path: str, role: str, client: str | None
    ) -> Mapping[str, Any] | None:
        rule = self._rule(method, path)
        if rule is None:
            return None
        return {"role": role, "client": client} if role in rule.roles else {"role": min(rule.roles)}

    def _meaning(self, method: str, path: str) -> str:
        """What a signature of this route must mean; some word where nothing is signed."""
        rule = self._rule(method, path)
        return "nothing-asked" if rule is None else rule.meaning

    def _rule(self, method: str, path: str) -> SignatureRule | None:
        routes = importlib.import_module(f"services.{self.service}.endpoints").router.routes
        where = f"/studies/study{path.partition('?')[0]}"
        for route in routes:
            if method in route.methods and route.path_regex.fullmatch(where):
                return matrix().operations[route.operation].signature
        return None

    def close(self) -> None:
        self.app.state.context = self._before
        self._run(self._client.aclose())
        if self._kept is None:
            self._connections.close()
        else:
            self._kept.give_back(self._connections)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._connections.loop.run(work)


@cache
def _token(issuer: Issuer, client: str, role: str, study: str, sites: tuple[str, ...]) -> str:
    """A client uses its token until it expires; to sign one takes longer than many a request."""
    return issuer.token(client=client, role=role, studies=[study], sites=sites)
