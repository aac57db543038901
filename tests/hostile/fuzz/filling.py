"""Fills a running stack with one of everything that an id can name, over HTTP."""

import asyncio

import httpx

from infra.local.home import DATABASE
from infra.postgres import Cluster
from tests.infra.local.stack import Stack
from tests.services.randomization.world import put_in_force
from tests.shared.identity.cells.builder import LIST, Builder
from tests.shared.identity.cells.places import OWN, STUDY, Ids
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

SANDBOX_LIST = "sandbox-1"


class HomeDatabase(TestDatabase):
    """The database of a stack, with the passwords of its home."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(DATABASE, Cluster(stack.home.postgres).superuser_url())
        object.__setattr__(self, "_passwords", stack.home.secrets())

    def url(self, login: str) -> str:
        address = self.admin_url.rsplit("@", 1)[1].rsplit("/", 1)[0]
        passwords: dict[str, str] = self.__dict__["_passwords"]
        return f"postgresql://{login}:{passwords[login]}@{address}/{self.name}"


class OverHttp(ApiClient):
    """The tests' client, speaking to a stack instead of to an app in its own process."""

    def __init__(self, service: str, stack: Stack) -> None:
        self.service = service
        self._issuer = stack.home.issuer()
        self._loop = asyncio.Runner()
        self._client = httpx.AsyncClient(base_url=stack.url, timeout=60)
        self._run = self._loop.run

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()


def fill(stack: Stack) -> tuple[Ids, str]:
    """Children, cases, lists, webhooks, jobs and a night at the sandbox's site, by their ids; and
    the secret of the desk's system."""
    made: list[OverHttp] = []

    def client(service: str) -> OverHttp:
        made.append(OverHttp(service, stack))
        return made[-1]

    try:
        trial = Builder(HomeDatabase(stack), client, STUDY)
        envelopes = {"list_id": f"D-{OWN}", "purpose": "downtime", "site": OWN}
        put_in_force(trial.api("randomization"), LIST | envelopes)
        ids = trial.of_study() | trial.of_site(OWN) | {"list_id": SANDBOX_LIST}
        stack.night(STUDY)
        return ids, trial.desk[1]
    finally:
        for api in made:
            api.close()
