"""Endpoints over HTTP: proposed by one, approved by another, challenged; and their secrets."""

import base64
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.safety.webhooks import endpoints, message_endpoints
from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.transport import Reply
from tests.services.safety.letting_in import APPROVAL, answer_challenge, approve, propose, register
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

NOW = datetime(2026, 2, 20, 12, 0, tzinfo=UTC)
LOCAL = "http://127.0.0.1:9/desk"
DESK = "https://desk.example.org/in"


@pytest.fixture
def resolves(live: ApiClient) -> Iterator[Callable[..., None]]:
    """Says what every name resolves to; the deployment lists the hosts of ``example.org``."""

    def to(*addresses: str) -> None:
        live.app.dependency_overrides[endpoints.resolver] = lambda: lambda _host, _port: addresses

    listed = HostList.parse("*.example.org")
    live.app.dependency_overrides[endpoints.hosts] = lambda: listed
    yield to
    live.app.dependency_overrides.clear()


@pytest.fixture
def live(trial: Trial, client_for: Callable[..., ApiClient]) -> ApiClient:
    """The app of a deployment that is no sandbox."""
    return client_for("safety", sandbox=False)


def state(api: ApiClient, endpoint: Mapping[str, Any]) -> str:
    return api.get(f"/webhooks/{endpoint['endpoint_id']}", role="safety_desk").json()["state"]


def notices(api: ApiClient, endpoint: str) -> list[dict[str, Any]]:
    """The messages that tell of cases."""
    found = api.get(f"/webhooks/{endpoint}/messages", role="admin").json()["items"]
    return [each for each in found if each["kind"] == "notice"]


def test_a_proposal_is_answered_with_a_secret_of_32_random_bytes(
    live: ApiClient, resolves: Callable[..., None]
) -> None:
    resolves("93.184.216.34")
    live.app.dependency_overrides[endpoints.randomness] = lambda: lambda count: b"\x07" * count
    webhook = propose(live, DESK)
    assert webhook["secret"] == "whsec_" + base64.b64encode(b"\x07" * 32).decode()
    assert (webhook["url"], webhook["state"]) == (DESK, "proposed")
    assert webhook["proposed_by"] == "safety_desk-client"


def test_secrets_differ(api: ApiClient) -> None:
    one = propose(api, LOCAL)
    other = propose(api, "http://127.0.0.1:9/other")
    assert one["secret"] != other["secret"]


def test_the_secret_stands_nowhere_in_the_database(api: ApiClient, database: TestDatabase) -> None:
    secret = register(api, LOCAL)["secret"]
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
    first = propose(api, LOCAL, key="same", at=NOW)
    assert propose(api, LOCAL, key="same", at=NOW + timedelta(days=1)) == first
    late = propose(api, LOCAL, key="same", at=NOW + timedelta(days=1, seconds=1))
    assert late == first | {"secret": None}


def test_a_deployment_without_a_sealing_key_registers_nothing(
    api: ApiClient, database: TestDatabase
) -> None:
    api.context = replace(api.context, settings=replace(api.context.settings, sealing_key=""))
    answer = api.post("/webhooks", json={"url": LOCAL}, role="admin")
    assert answer.status_code == 503
    assert database.rows("SELECT count(*) FROM safety.webhook_endpoint") == [(0,)]


def test_the_listing_shows_no_secret(api: ApiClient) -> None:
    registered = propose(api, LOCAL)
    listed = api.get("/webhooks", role="safety_desk")
    assert listed.status_code == 200
    assert listed.json()["items"] == [
        {name: value for name, value in registered.items() if name != "secret"}
    ]
    assert registered["secret"].removeprefix("whsec_") not in listed.text


def test_a_url_is_proposed_once_and_again_when_it_was_rejected(api: ApiClient) -> None:
    first = propose(api, LOCAL)
    again = api.post("/webhooks", json={"url": LOCAL}, role="admin")
    assert again.status_code == 409
    assert again.json()["type"] == "urn:induct:problem:endpoint-known"
    rejection = {"decision": "reject", "reason": "Not our host."}
    path = f"/webhooks/{first['endpoint_id']}/decision"
    rejected = api.post(path, json=rejection, role="admin")
    assert (rejected.json()["state"], rejected.json()["reason"]) == ("rejected", "Not our host.")
    assert api.post(path, json=APPROVAL, role="admin").status_code == 409
    assert propose(api, LOCAL)["state"] == "proposed"


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
        ("https://127.0.0.1/", [], "host-not-allowed"),
        ("http://127.0.0.1:9000/", [], "scheme-refused"),
        ("https://desk.example.net/", ["93.184.216.34"], "host-not-allowed"),
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
    first = propose(live, DESK, key="same")
    resolves("10.0.0.1")
    assert propose(live, DESK, key="same") == first


def test_names_are_not_resolved_for_a_caller_who_may_not_register(
    live: ApiClient,
) -> None:
    asked: list[str] = []
    live.app.dependency_overrides[endpoints.resolver] = lambda: (
        lambda host, _port: asked.append(host)
    )
    assert live.post("/webhooks", json={"url": DESK}, role="coordinator").status_code == 403
    assert live.post("/webhooks", json={"url": DESK}, role=None).status_code == 401
    live.app.dependency_overrides.clear()
    assert asked == []


def test_only_the_roles_of_the_matrix_have_to_do_with_webhooks(api: ApiClient) -> None:
    ours = [*endpoints.router.routes, *message_endpoints.router.routes]
    assert len(ours) == 15
    for route in ours:
        path = route.path.removeprefix("/studies/{study}").format(
            endpoint=uuid.UUID(int=1), secret=uuid.UUID(int=2), message="msg_" + "0" * 32
        )
        (method,) = route.methods
        for role in ("coordinator", "medical_monitor", "statistician"):
            assert api.request(method, path, role=role).status_code == 403, path


def test_no_endpoint_is_active_by_the_word_of_one_person(api: ApiClient) -> None:
    body = {"url": LOCAL}
    proposed = api.post("/webhooks", json=body, role="admin", client="one").json()
    path = f"/webhooks/{proposed['endpoint_id']}/decision"
    own = api.post(path, json=APPROVAL, role="admin", client="one")
    assert own.status_code == 409
    assert own.json()["type"] == "urn:induct:problem:second-person-needed"
    assert api.post(path, json=APPROVAL, role="safety_desk").status_code == 403
    assert state(api, proposed) == "proposed"
    other = api.post(path, json=APPROVAL, role="admin", client="two").json()
    assert (other["state"], other["proposed_by"], other["decided_by"]) == ("approved", "one", "two")


def test_an_approved_url_is_told_of_no_case_until_it_has_answered_the_challenge(
    api: ApiClient, report: dict[str, Any], database: TestDatabase
) -> None:
    class Says:
        def __init__(self, answer: Callable[[str], str]) -> None:
            self._answer = answer

        def post(self, _url: str, _headers: Mapping[str, str], body: bytes) -> Reply:
            return Reply(200, None, self._answer(body.decode()))

    webhook = propose(api, LOCAL)
    where = f"/webhooks/{webhook['endpoint_id']}"
    approve(api, webhook["endpoint_id"])
    # Anything goes with 200; one sends back what it got; one is no JSON of an object.
    for answer in ("", "[]", '{"challenge": 1}', '{"challenge": "\\ud800"}', "{", None):
        said = (lambda body: body) if answer is None else (lambda _body, told=answer: told)
        answer_challenge(api, webhook["endpoint_id"], Says(said))
        assert state(api, webhook) == "approved"
        assert api.post(f"{where}/challenge", role="safety_desk").status_code == 200
    (first, *_) = api.get(f"{where}/messages", role="admin").json()["items"]
    assert (first["kind"], first["last_attempt"]["failure"]) == (
        "challenge",
        "challenge-unanswered",
    )
    assert api.post("/cases", json=report, at=NOW).status_code == 201
    answer_challenge(api, webhook["endpoint_id"])
    assert state(api, webhook) == "active"
    messages = api.get(f"{where}/messages", role="admin").json()["items"]
    assert {each["kind"] for each in messages} == {"challenge"}
    assert api.post(f"{where}/challenge", role="admin").status_code == 409
    assert database.rows(
        "SELECT new_value, actor, reason FROM platform.audit WHERE field = 'state'"
        " AND table_name = 'safety.webhook_endpoint' AND operation = 'UPDATE' ORDER BY seq"
    ) == [
        ("approved", "admin-client", APPROVAL["reason"]),
        ("active", "system:safety", "webhook answered 200"),
    ]


def test_a_disabled_endpoint_gets_nothing_more_and_what_waited_is_a_dead_letter(
    api: ApiClient, report: dict[str, Any]
) -> None:
    webhook = register(api, LOCAL)
    where = f"/webhooks/{webhook['endpoint_id']}"
    assert api.post("/cases", json=report, at=NOW).status_code == 201
    reason = {"reason": "The desk has moved."}
    assert api.post(f"{where}/disabling", json=reason, role="safety_desk").status_code == 403
    assert api.post(f"{where}/disabling", json=reason, role="admin").json()["state"] == "disabled"
    assert api.post("/cases", json=report, at=NOW).status_code == 201
    read = api.get(where, role="admin").json()
    assert (read["health"]["dead"], read["health"]["pending"]) == (1, 0)
    for action in ("tests", "challenge"):
        assert api.post(f"{where}/{action}", role="admin").status_code == 409


def test_a_case_waits_for_every_active_endpoint_in_its_own_transaction(
    api: ApiClient, report: dict[str, Any]
) -> None:
    endpoint = register(api, LOCAL)["endpoint_id"]
    other = register(api, "http://127.0.0.1:9/other")["endpoint_id"]
    case = api.post("/cases", json=report, at=NOW).json()
    (message,) = notices(api, endpoint)
    (same,) = notices(api, other)
    assert message["message_id"] == same["message_id"]
    assert (message["state"], message["attempts"], message["last_attempt"]) == ("pending", 0, None)
    assert message["event_type"] == "case.opened"
    assert message["body"] == (
        '{"type":"case.opened","timestamp":"2026-02-20T12:00:00Z","data":{"study":"NCT05748171",'
        f'"case_id":"{case["case_id"]}","case_number":"NCT05748171-0001","version":1,'
        '"sequence":1,"first_due_at":"2026-02-21T08:30:00Z"}}'
    )


def test_a_refused_report_leaves_no_message(api: ApiClient, report: dict[str, Any]) -> None:
    endpoint = register(api, LOCAL)["endpoint_id"]
    assert api.post("/cases", json=report | {"subject": "S09-009"}, at=NOW).status_code == 422
    assert notices(api, endpoint) == []


def test_messages_come_in_pages_oldest_first(api: ApiClient, report: dict[str, Any]) -> None:
    endpoint = register(api, LOCAL)["endpoint_id"]
    for _ in range(3):
        assert api.post("/cases", json=report, at=NOW).status_code == 201
    first = api.get(f"/webhooks/{endpoint}/messages?limit=2", role="admin").json()
    rest = api.get(f"/webhooks/{endpoint}/messages?after={first['next']}", role="admin").json()
    told = [json.loads(message["body"])["data"] for message in first["items"] + rest["items"]]
    assert [each.get("case_number", "")[-4:] for each in told] == ["", "0001", "0002", "0003"]
    assert rest["next"] is None


def test_an_endpoint_that_is_not_there_has_no_messages(api: ApiClient) -> None:
    path = "/webhooks/00000000-0000-4000-8000-000000000000/messages"
    assert api.get(path, role="admin").status_code == 404
    assert api.get(path.removesuffix("/messages"), role="admin").status_code == 404
    assert api.get("/webhooks/nonsense/messages", role="admin").status_code == 404
