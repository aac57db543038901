"""Rights that are taken away end with the next request, and not with the token."""

import time
from collections.abc import Callable

import httpx
import psycopg
import pytest

from infra.database.revocation import revoke
from shared.study import StudyDefinition
from tests.services.randomization.world import SITE, open_sites
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


@pytest.fixture
def api(
    client_for: Callable[..., ApiClient], activate: Callable[[str], StudyDefinition]
) -> ApiClient:
    activate(STUDY)
    api = client_for("randomization")
    open_sites(api, "S01")
    return api


def pause(api: ApiClient, state: str, token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    body = {"state": state, "reason": "a test"}
    return api.post("/sites/S01/state", role=None, json=body, headers=headers)


def end(database: TestDatabase, account: str) -> None:
    url = database.url("induct_platform")
    revoke(url, account, actor="operator", reason="left the hospital")


@pytest.mark.proves("C22", kind="negative")
def test_the_next_request_is_refused_and_changes_nothing(
    api: ApiClient, database: TestDatabase
) -> None:
    token = api.token("admin", None, STUDY, "who-leaves")
    assert pause(api, "paused", token).status_code == 200
    end(database, "who-leaves")
    refused = pause(api, "open", token)
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert database.rows("SELECT state FROM randomization.site") == [("paused",)]
    read = api.get("/sites", role=None, headers={"Authorization": f"Bearer {token}"})
    assert read.status_code == 401


def test_others_go_on_and_so_does_a_token_that_was_issued_later(
    api: ApiClient, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(database, "who-comes-back")
    assert pause(api, "paused", api.token("admin", None, STUDY, "who-stays")).status_code == 200
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2)
    later = api.token("admin", None, STUDY, "who-comes-back")
    assert pause(api, "open", later).status_code == 200


def test_a_retry_of_before_is_refused_as_well(api: ApiClient, database: TestDatabase) -> None:
    body = SITE | {"site": "S09"}
    done = {"role": "admin", "client": "who-leaves", "json": body, "key": "once"}
    assert api.post("/sites", **done).status_code == 201
    end(database, "who-leaves")
    assert api.post("/sites", **done).status_code == 401


@pytest.mark.parametrize("blank", ["account", "actor", "reason"])
def test_a_revocation_says_who_and_why(database: TestDatabase, blank: str) -> None:
    words = {"account": "a", "actor": "b", "reason": "c"} | {blank: " "}
    with pytest.raises(ValueError, match="wants account, actor and reason"):
        revoke(database.url("induct_platform"), words.pop("account"), **words)


def test_a_service_revokes_nobody_and_nobody_takes_one_back(
    api: ApiClient, database: TestDatabase
) -> None:
    end(database, "who-leaves")
    add = "INSERT INTO platform.access_revoked (account, revoked_by, reason) VALUES ('a', 'b', 'c')"
    with (
        psycopg.connect(database.url("induct_randomization")) as service,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        service.execute(add)
    with (
        psycopg.connect(database.url("induct_platform")) as platform,
        pytest.raises(psycopg.Error),
    ):
        platform.execute("DELETE FROM platform.access_revoked")
