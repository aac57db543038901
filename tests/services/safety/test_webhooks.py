"""Registration of webhook endpoints over HTTP, and what is told about their messages."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.safety import endpoints
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

NOW = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
LOCAL = {"url": "http://127.0.0.1:9/desk"}
DESK = {"url": "https://desk.example.org/in"}


@pytest.fixture
def resolves(live: ApiClient) -> Iterator[Callable[..., None]]:
    """Says what every name resolves to."""

    def to(*addresses: str) -> None:
        live.app.dependency_overrides[endpoints.resolver] = lambda: lambda _host, _port: addresses

    yield to
    live.app.dependency_overrides.clear()


@pytest.fixture
def live(trial: Trial, client_for: Callable[..., ApiClient]) -> ApiClient:
    """The app of a deployment that is no sandbox."""
    return client_for("safety", sandbox=False)


def register(api: ApiClient, body: dict[str, Any] = LOCAL, **options: Any) -> dict[str, Any]:
    answer = api.post("/webhooks", json=body, role="admin", **options)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_registration_is_answered_with_a_secret_of_32_random_bytes(
    live: ApiClient, resolves: Callable[..., None]
) -> None:
    resolves("93.184.216.34")
    live.app.dependency_overrides[endpoints.randomness] = lambda: lambda count: b"\x07" * count
    webhook = register(live, DESK)
    assert webhook["secret"] == "whsec_" + base64.b64encode(b"\x07" * 32).decode()
    assert (webhook["url"], webhook["state"]) == (DESK["url"], "active")


def test_secrets_differ(api: ApiClient) -> None:
    one = register(api)
    other = register(api, {"url": "http://127.0.0.1:9/other"})
    assert one["secret"] != other["secret"]


def test_the_secret_stands_nowhere_in_the_database(api: ApiClient, database: TestDatabase) -> None:
    secret = register(api)["secret"]
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    tables = database.rows(
        "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        " WHERE table_schema IN ('safety', 'platform') AND table_type = 'BASE TABLE'"
    )
    stored = "".join(
        str(row) for (table,) in tables for row in database.rows(f"SELECT t::text FROM {table} t")
    )
    assert "9/desk" in stored
    assert secret.removeprefix("whsec_") not in stored
    assert raw.hex() not in stored


def test_a_repeat_within_a_day_shows_the_secret_again_and_a_later_one_does_not(
    api: ApiClient,
) -> None:
    first = register(api, key="same", at=NOW)
    again = api.post("/webhooks", json=LOCAL, role="admin", key="same", at=NOW + timedelta(days=1))
    assert again.json() == first
    assert again.headers["Idempotent-Replayed"] == "true"
    late = api.post(
        "/webhooks", json=LOCAL, role="admin", key="same", at=NOW + timedelta(days=1, seconds=1)
    )
    assert late.json() == first | {"secret": None}


def test_a_deployment_without_a_sealing_key_registers_nothing(
    api: ApiClient, database: TestDatabase
) -> None:
    api.context = replace(api.context, settings=replace(api.context.settings, sealing_key=""))
    answer = api.post("/webhooks", json=LOCAL, role="admin")
    assert answer.status_code == 503
    assert database.rows("SELECT count(*) FROM safety.webhook_endpoint") == [(0,)]


def test_the_listing_shows_no_secret(api: ApiClient) -> None:
    registered = register(api)
    listed = api.get("/webhooks", role="safety_desk")
    assert listed.status_code == 200
    assert listed.json()["items"] == [
        {name: value for name, value in registered.items() if name != "secret"}
    ]
    assert "secret" not in listed.text


def test_an_active_url_is_registered_once(api: ApiClient) -> None:
    register(api)
    again = api.post("/webhooks", json=LOCAL, role="admin")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:induct:problem:endpoint-known"


@pytest.mark.parametrize(
    ("url", "addresses", "code"),
    [
        ("http://desk.example.org/", ["93.184.216.34"], "scheme-refused"),
        ("https://desk.example.org:8080/", ["93.184.216.34"], "port-refused"),
        ("https://user@desk.example.org/", ["93.184.216.34"], "userinfo-refused"),
        ("https://desk.example.org/", ["93.184.216.34", "10.0.0.1"], "address-refused"),
        ("https://desk.example.org/", ["169.254.169.254"], "address-refused"),
        ("https://desk.example.org/", ["::ffff:10.0.0.1"], "address-refused"),
        ("https://desk.example.org/", [], "host-unresolved"),
        ("https://2130706433/", [], "host-malformed"),
        ("https://127.0.0.1/", [], "address-refused"),
        ("http://127.0.0.1:9000/", [], "scheme-refused"),
        ("https://desk.example.org/\u0000", [], None),
    ],
)
def test_a_url_that_leads_inwards_is_refused_and_not_stored(
    live: ApiClient, resolves: Callable[..., None], database: TestDatabase,
    url: str, addresses: list[str], code: str | None,
) -> None:  # fmt: skip
    resolves(*addresses)
    answer = live.post("/webhooks", json={"url": url}, role="admin")
    if code is None:
        assert answer.status_code == 400
    else:
        assert answer.status_code == 422
        assert answer.json()["type"] == "urn:induct:problem:url-refused"
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/url", code)]
        assert url not in answer.text
    assert database.rows("SELECT count(*) FROM safety.webhook_endpoint") == [(0,)]


def test_a_repeat_is_answered_whatever_the_name_resolves_to_by_now(
    live: ApiClient, resolves: Callable[..., None]
) -> None:
    resolves("93.184.216.34")
    first = register(live, DESK, key="same")
    resolves("10.0.0.1")
    assert register(live, DESK, key="same") == first


def test_names_are_not_resolved_for_a_caller_who_may_not_register(
    live: ApiClient,
) -> None:
    asked: list[str] = []
    live.app.dependency_overrides[endpoints.resolver] = lambda: (
        lambda host, _port: asked.append(host)
    )
    assert live.post("/webhooks", json=DESK, role="coordinator").status_code == 403
    assert live.post("/webhooks", json=DESK, role=None).status_code == 401
    live.app.dependency_overrides.clear()
    assert asked == []


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("GET", "/x/messages")])
@pytest.mark.parametrize("role", ["coordinator", "medical_monitor", "statistician"])
def test_only_the_roles_of_the_matrix_have_to_do_with_webhooks(
    api: ApiClient, method: str, path: str, role: str
) -> None:
    assert api.request(method, f"/webhooks{path}", role=role).status_code in {403, 404}


def test_a_case_waits_for_every_active_endpoint_in_its_own_transaction(
    api: ApiClient, report: dict[str, Any]
) -> None:
    endpoint = register(api)["endpoint_id"]
    other = register(api, {"url": "http://127.0.0.1:9/other"})["endpoint_id"]
    case = api.post("/cases", json=report, at=NOW).json()
    (message,) = api.get(f"/webhooks/{endpoint}/messages", role="admin").json()["items"]
    (same,) = api.get(f"/webhooks/{other}/messages", role="admin").json()["items"]
    assert message["message_id"] == same["message_id"]
    assert (message["state"], message["attempts"], message["last_attempt"]) == ("pending", 0, None)
    assert message["event_type"] == "case.opened"
    assert message["body"] == (
        '{"type":"case.opened","timestamp":"2026-02-20T12:00:00Z","data":{"study":"NCT05748171",'
        f'"case_id":"{case["case_id"]}","case_number":"NCT05748171-0001","version":1,'
        '"sequence":1,"first_due_at":"2026-02-21T08:30:00Z"}}'
    )


def test_a_refused_report_leaves_no_message(api: ApiClient, report: dict[str, Any]) -> None:
    endpoint = register(api)["endpoint_id"]
    assert api.post("/cases", json=report | {"subject": "S09-009"}, at=NOW).status_code == 422
    assert api.get(f"/webhooks/{endpoint}/messages", role="admin").json()["items"] == []


def test_messages_come_in_pages_oldest_first(api: ApiClient, report: dict[str, Any]) -> None:
    endpoint = register(api)["endpoint_id"]
    for _ in range(3):
        assert api.post("/cases", json=report, at=NOW).status_code == 201
    first = api.get(f"/webhooks/{endpoint}/messages?limit=2", role="admin").json()
    rest = api.get(f"/webhooks/{endpoint}/messages?after={first['next']}", role="admin").json()
    bodies = [message["body"] for message in first["items"] + rest["items"]]
    assert [f"NCT05748171-000{number}" in body for number, body in enumerate(bodies, 1)] == [
        True
    ] * 3
    assert rest["next"] is None


def test_an_endpoint_that_is_not_there_has_no_messages(api: ApiClient) -> None:
    path = "/webhooks/00000000-0000-4000-8000-000000000000/messages"
    assert api.get(path, role="admin").status_code == 404
    assert api.get("/webhooks/nonsense/messages", role="admin").status_code == 404
