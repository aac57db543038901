"""Behind API Gateway the address of a call is the gateway's word, and no header's (C16, B21)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from rwslib.rwsobjects import RWSPostErrorResponse
from standardwebhooks import Webhook

from infra.database import rave_users
from infra.database.binding import bind
from shared.identity.issuer import Issuer
from tests.lambda_entries.conftest import Start
from tests.lambda_entries.environment import body_of, sample
from tests.lambda_entries.test_http_entries import bearer, open_site
from tests.services.safety.desk.system import DeskSystem
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

STUDY = "NCT05748171"
HERE, ELSEWHERE = "192.0.2.10", "203.0.113.9"
CLAIMS = {"x-forwarded-for": HERE, "forwarded": f"for={HERE}", "x-real-ip": HERE}
Event = dict[str, Any]


def coming_from(event: Event, address: str | None, **headers: str) -> Event:
    found: Event = json.loads(json.dumps(event))
    found["headers"] |= headers
    if address is None:
        del found["requestContext"]["http"]["sourceIp"]
    else:
        found["requestContext"]["http"]["sourceIp"] = address
    return found


def denied(database: TestDatabase) -> list[tuple[Any, ...]]:
    return database.rows(
        "SELECT account, problem, host(source) FROM platform.access_denied ORDER BY denied_at"
    )


@pytest.mark.proves("C16", kind="negative")
def test_a_client_is_known_by_the_address_that_the_gateway_saw(
    start: Start, issuer: Issuer, database: TestDatabase
) -> None:
    url = database.url("induct_platform")
    bind(url, "admin-1", ["192.0.2.0/24"], actor="operator", reason="its network")
    lambda_ = start("RandomizationApi")
    event = sample("http-randomization", authorization=bearer(issuer, "admin"))
    refused = lambda_.invoke(coming_from(event, ELSEWHERE, **CLAIMS))
    assert (refused["statusCode"], body_of(refused)["type"]) == (
        401, "urn:induct:problem:unauthenticated",
    )  # fmt: skip
    assert denied(database) == [("admin-1", "other-network", ELSEWHERE)]
    assert database.rows("SELECT count(*) FROM randomization.site") == [(0,)]
    assert "call from another network" in lambda_.log
    elsewhere = dict.fromkeys(CLAIMS, ELSEWHERE)
    taken = lambda_.invoke(coming_from(event, f"::ffff:{HERE}", **elsewhere))
    assert taken["statusCode"] == 201


def test_a_user_of_rave_is_known_by_it(start: Start, database: TestDatabase) -> None:
    open_site(database)
    user = rave_users.RaveUser("edc", STUDY, "edc", ("*",), "active", ("192.0.2.0/24",))
    secret = rave_users.add(database.url("induct_migrator"), user)
    login = "Basic " + base64.b64encode(f"edc:{secret}".encode()).decode()
    event = sample("http-rave", authorization=login)
    lambda_ = start("AssessmentsApi")
    refused = lambda_.invoke(coming_from(event, ELSEWHERE, **CLAIMS))
    assert refused["statusCode"] == 401
    assert RWSPostErrorResponse(refused["body"]).reason_code == "RWS00008"
    assert denied(database) == [("rave:edc", "other-network", ELSEWHERE)]
    assert lambda_.invoke(coming_from(event, HERE))["statusCode"] == 200


def test_the_desk_is_known_by_it(start: Start, database: TestDatabase, issuer: Issuer) -> None:
    api = ApiClient("safety", database, issuer, sandbox=True, pool_size=1)
    try:
        desk = DeskSystem(api)
        path = f"/desk-senders/{desk.id}/networks"
        body = {"networks": ["192.0.2.0/24"], "reason": "its network"}
        assert api.post(path, json=body, role="admin").status_code == 201
    finally:
        api.close()
    lambda_ = start("SafetyApi")
    event = signed(desk)
    refused = lambda_.invoke(coming_from(event, ELSEWHERE, **CLAIMS))
    assert (refused["statusCode"], body_of(refused)["type"]) == (
        401, "urn:induct:problem:unverified",
    )  # fmt: skip
    assert denied(database) == [(f"desk:{desk.id}", "other-network", ELSEWHERE)]
    # There is no such case: the message was let in, and contradicts what is here.
    assert lambda_.invoke(coming_from(event, HERE))["statusCode"] == 409


def signed(desk: DeskSystem) -> Event:
    data = {"case_number": f"{STUDY}-0001", "desk_number": "D-1"}
    message = {"type": "case.number_assigned", "timestamp": "2026-02-21T10:00:00Z", "data": data}
    text, now = json.dumps(message), datetime.now(UTC)
    event = sample(
        "http-rave",
        **{
            "content-type": "application/json",
            "webhook-id": "msg-1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(desk.secret).sign("msg-1", now, text),
        },
    )
    del event["headers"]["authorization"]
    path = f"/safety-desk/v1/studies/{STUDY}/senders/{desk.id}/messages"
    event |= {"rawPath": path, "rawQueryString": "", "body": text, "isBase64Encoded": False}
    event["requestContext"]["http"] |= {"method": "POST", "path": path}
    event["routeKey"] = event["requestContext"]["routeKey"] = "ANY /safety-desk/{proxy+}"
    return event
