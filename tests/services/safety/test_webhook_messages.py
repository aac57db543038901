"""What became of messages: attempts, tests, dead letters, and sending again."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from services.safety.webhooks.transport import Reply
from tests.services.safety.letting_in import Answers
from tests.services.safety.receiver import Receiver, answer, hang
from tests.services.safety.trial import Trial
from tests.services.safety.webhooks.support import Desk, Scripted, eventually
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

ELSEWHERE = "http://127.0.0.1:9/"
WHY = "The desk was away."


@pytest.fixture
def desk(api: ApiClient, trial: Trial, report: dict[str, Any]) -> Desk:
    return Desk(api, trial, report)


@pytest.fixture
def given_up(desk: Desk) -> dict[str, Any]:
    """An endpoint that was disabled by a 410 for the first of three cases, and its dead letters."""
    endpoint = desk.register(ELSEWHERE)
    for _ in range(3):
        desk.open_case()
    desk.sweep(Scripted(Reply(410, "status")))
    return endpoint


def replay(api: ApiClient, endpoint: dict[str, Any], **body: Any) -> dict[str, Any]:
    path = f"/webhooks/{endpoint['endpoint_id']}/replays"
    made = api.post(path, json={"reason": WHY} | body, role="safety_desk")
    assert made.status_code == 201, made.text
    return made.json()


def test_each_attempt_is_kept_with_the_bytes_that_left_and_2_kb_of_the_answer(
    api: ApiClient, desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.register(receiver.url)
    receiver.behaviours = [answer(500, b"x" * 5000), answer(200, b"thanks")]
    desk.open_case()
    desk.sweep()
    desk.wait_for(desk.message(endpoint))
    desk.sweep()
    message = desk.message(endpoint)
    path = f"/webhooks/{endpoint['endpoint_id']}/messages/{message['message_id']}/attempts"
    first, second = api.get(path, role="safety_desk").json()["items"]
    assert (first["attempt"], first["status"], first["failure"]) == (1, 500, "status")
    assert first["response_head"] == "x" * 2048
    assert (second["attempt"], second["status"], second["failure"]) == (2, 200, None)
    assert (second["response_head"], second["address"]) == ("thanks", "127.0.0.1")
    for kept, received in zip((first, second), receiver.received, strict=True):
        head, _, body = kept["sent"].partition("\r\n\r\n")
        assert body.encode() == received.body
        lines = [each.partition(": ")[::2] for each in head.split("\r\n")[1:]]
        assert {name.lower(): value for name, value in lines} == received.headers
        assert kept["sent_sha256"] == hashlib.sha256(kept["sent"].encode()).hexdigest()
    assert api.get(path.replace("msg_", "msg_0")[:-9], role="admin").status_code == 404


def test_a_test_says_that_it_is_one_holds_no_case_and_changes_nothing_of_the_endpoint(
    api: ApiClient, desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.register(receiver.url)
    where = f"/webhooks/{endpoint['endpoint_id']}"
    receiver.behaviours = [answer(410), answer(503, Retry_After="300"), answer(200)]
    for _ in range(3):
        assert api.post(f"{where}/tests", role="safety_desk").status_code == 201
        desk.now = datetime.now(UTC) + timedelta(seconds=1)
        desk.sweep()
    for each in receiver.received:
        told = Webhook(endpoint["secret"]).verify(each.body, each.headers)
        assert told["type"] == "webhook.test"
        assert told["data"] == {
            "study": "NCT05748171", "endpoint_id": endpoint["endpoint_id"], "test": True,
        }  # fmt: skip
        assert each.headers["induct-test"] == "true"
    items = api.get(f"{where}/messages", role="admin").json()["items"][1:]
    # One attempt each, none a dead letter; the endpoint is neither disabled nor paused.
    assert [(each["kind"], each["attempts"]) for each in items] == [("test", 1)] * 3
    assert api.get("/dead-letters", role="admin").json()["items"] == []
    read = api.get(where, role="admin").json()
    assert (read["state"], read["paused_until"], read["health"]["dead"]) == ("active", None, 0)
    desk.open_case()
    desk.sweep()
    assert "induct-test" not in receiver.received[-1].headers
    assert json.loads(receiver.received[-1].body)["data"]["sequence"] == 1


def test_a_test_that_hangs_delays_no_notice(api: ApiClient, desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.register(receiver.url)
    receiver.behaviours = [hang(receiver), answer(200)]
    api.post(f"/webhooks/{endpoint['endpoint_id']}/tests", role="admin")
    desk.now = datetime.now(UTC) + timedelta(seconds=1)
    with desk.sender() as sender:
        sender.sweep()
        eventually(lambda: bool(receiver.received))
        desk.open_case()
        (notices,) = sender.sweep()
        assert notices.result(5) == 1
        assert desk.message(endpoint)["state"] == "delivered"
        receiver.released.set()


def test_dead_letters_are_listed_by_endpoint_case_and_time_in_pages(
    api: ApiClient, desk: Desk, given_up: dict[str, Any]
) -> None:
    desk.register("http://127.0.0.1:9/other")
    everything = api.get("/dead-letters", role="safety_desk").json()["items"]
    assert [each["case_number"][-4:] for each in everything] == ["0001", "0002", "0003"]
    assert everything[0]["last_attempt"]["status"] == 410
    assert everything[2]["last_attempt"] is None
    first = api.get("/dead-letters?limit=2", role="admin").json()
    rest = api.get(f"/dead-letters?after={first['next']}", role="admin").json()
    assert first["items"] + rest["items"] == everything
    case = everything[1]["case_number"]
    (one,) = api.get(f"/dead-letters?case={case}", role="admin").json()["items"]
    assert one == everything[1]
    other = "00000000-0000-4000-8000-000000000000"
    for nothing in (
        f"endpoint={other}",
        "since=2100-01-01T00:00:00Z",
        "until=2020-01-01T00:00:00Z",
    ):
        assert api.get(f"/dead-letters?{nothing}", role="admin").json()["items"] == []
    assert api.get("/dead-letters?since=yesterday", role="admin").status_code == 422


def test_what_a_lost_endpoint_missed_is_replayed_to_its_successor_in_order_and_audited(
    api: ApiClient, desk: Desk, given_up: dict[str, Any], database: TestDatabase
) -> None:
    lost = f"/webhooks/{given_up['endpoint_id']}/replays"
    body = {"since": "2020-01-01T00:00:00Z", "reason": WHY}
    assert api.post(lost, json=body, role="admin").status_code == 409
    successor = desk.register(ELSEWHERE)
    dead = replay(api, successor, since="2020-01-01T00:00:00Z")
    assert dead["messages"] == 0
    made = replay(api, successor, since="2020-01-01T00:00:00Z", everything=True)
    assert (made["messages"], made["asked_by"], made["reason"]) == (3, "safety_desk-client", WHY)
    desk.now = datetime.now(UTC) + timedelta(seconds=1)
    received = Answers()
    assert desk.sweep(received) == 3
    numbers = [each["data"]["case_number"][-4:] for each in received.bodies]
    assert numbers == ["0001", "0002", "0003"]
    ids = {each["message_id"] for each in desk.messages(successor)}
    assert ids == {each["message_id"] for each in desk.messages(given_up)}
    path = f"/webhooks/{successor['endpoint_id']}/replays"
    listed = api.get(path, role="admin").json()["items"]
    assert {each["replay_id"] for each in listed} == {dead["replay_id"], made["replay_id"]}
    trail = database.rows(
        "SELECT actor, reason, new_value FROM platform.audit"
        " WHERE table_name = 'safety.webhook_replay' ORDER BY seq"
    )
    assert [(actor, reason) for actor, reason, _ in trail] == [("safety_desk-client", WHY)] * 2
    assert json.loads(trail[1][2])["messages"] == 3


def test_a_replay_keeps_the_id_begins_the_ladder_anew_and_does_not_judge_the_endpoint(
    api: ApiClient, desk: Desk
) -> None:
    endpoint = desk.register(ELSEWHERE)
    desk.open_case()
    failing = Scripted(Reply(500, "status"))
    while desk.sweep(failing) and desk.message(endpoint)["state"] == "pending":
        desk.wait_for(desk.message(endpoint))
    before = desk.message(endpoint)
    assert before["state"] == "dead"
    case = json.loads(before["body"])["data"]["case_number"]
    assert replay(api, endpoint, case="NCT05748171-9999")["messages"] == 0
    assert replay(api, endpoint, case=case)["messages"] == 1
    # What is on its way already is left alone.
    assert replay(api, endpoint, message_id=before["message_id"])["messages"] == 0
    assert desk.sweep(failing) == 1
    waiting = desk.message(endpoint)
    assert (waiting["state"], waiting["attempts"]) == ("pending", before["attempts"] + 1)
    assert desk.wait_for(waiting) == timedelta(seconds=5)
    desk.sweep(Scripted(Reply(410, "status")))
    assert desk.message(endpoint)["state"] == "dead"
    read = api.get(f"/webhooks/{endpoint['endpoint_id']}", role="admin").json()
    assert read["state"] == "active"
    replay(api, endpoint, message_id=before["message_id"])
    desk.sweep(Answers())
    after = desk.message(endpoint)
    assert (after["state"], after["message_id"]) == ("delivered", before["message_id"])
    assert after["body"] == before["body"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/since"),
        ({"until": "2026-01-01T00:00:00Z"}, "/since"),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "/until"),
        ({"since": "2026-02-01T00:00:00"}, "/since"),
        ({"message_id": "msg_1"}, "/message_id"),
        ({"since": "2026-02-01T00:00:00Z", "reason": ""}, "/reason"),
    ],
)
def test_a_replay_without_a_range_or_a_reason_is_refused(
    api: ApiClient, desk: Desk, body: dict[str, Any], pointer: str
) -> None:
    endpoint = desk.register(ELSEWHERE)
    path = f"/webhooks/{endpoint['endpoint_id']}/replays"
    refused = api.post(path, json={"reason": WHY} | body, role="admin")
    assert refused.status_code == 422
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert api.get(path, role="admin").json()["items"] == []
