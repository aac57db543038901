"""Messages on their way: retries, leases, lanes."""

import json
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from services.safety.webhooks import repository
from services.safety.webhooks.delivery import LEASE
from services.safety.webhooks.retries import ladder
from services.safety.webhooks.transport import Reply, SafeTransport
from tests.services.safety.receiver import Receiver, answer, hang
from tests.services.safety.trial import STUDY, Trial
from tests.services.safety.webhooks.support import Desk, Scripted, eventually
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


class Killed(BaseException):
    """The process dies here."""


@pytest.fixture
def desk(api: ApiClient, trial: Trial, report: dict[str, Any]) -> Desk:
    return Desk(api, trial, report)


def test_a_case_reaches_the_desk_signed_and_verifies_by_the_standardwebhooks_library(
    desk: Desk, receiver: Receiver
) -> None:
    endpoint = desk.register(receiver.url)
    desk.open_case()
    assert desk.sweep() == 1
    (received,) = receiver.received
    content = Webhook(endpoint["secret"]).verify(received.body, received.headers)
    assert content["data"]["case_number"] == "NCT05748171-0001"
    message = desk.message(endpoint)
    assert (message["state"], message["attempts"]) == ("delivered", 1)
    assert message["next_attempt_at"] is None
    assert received.body.decode() == message["body"]
    assert received.headers["webhook-id"] == message["message_id"]
    assert desk.sweep() == 0


def test_a_500_is_tried_again_after_five_seconds_under_the_same_id_and_signed_anew(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.behaviours = [answer(500, b"down"), answer(200)]
    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.sweep()
    waiting = desk.message(endpoint)
    assert (waiting["state"], waiting["attempts"]) == ("pending", 1)
    assert waiting["last_attempt"]["status"] == 500
    assert waiting["last_attempt"]["failure"] == "status"
    assert waiting["last_attempt"]["response_head"] == "down"
    assert desk.sweep() == 0
    assert desk.wait_for(waiting) == timedelta(seconds=5)
    desk.sweep()
    assert desk.message(endpoint)["state"] == "delivered"
    first, second = (each.headers for each in receiver.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 5
    assert first["webhook-signature"] != second["webhook-signature"]


def test_retry_after_is_honoured(desk: Desk, receiver: Receiver) -> None:
    receiver.behaviours = [answer(429, Retry_After="90")]
    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.sweep()
    assert desk.wait_for(desk.message(endpoint)) == timedelta(seconds=90)


def test_no_answer_of_a_receiver_keeps_its_attempt_from_being_recorded(
    desk: Desk, receiver: Receiver
) -> None:
    date = "Mon, 01 Jun 2026 12:01:30 +" + "9" * 14
    receiver.behaviours = [answer(429, Retry_After=date)]
    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.sweep()
    assert desk.message(endpoint)["attempts"] == 1
    assert desk.wait_for(desk.message(endpoint)) == timedelta(seconds=5)


def test_a_410_disables_the_endpoint_and_buries_what_waits_for_it(
    desk: Desk, receiver: Receiver, database: TestDatabase
) -> None:
    receiver.behaviours = [answer(410)]
    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.open_case()
    desk.sweep()
    assert len(receiver.received) == 1
    assert [each["state"] for each in desk.messages(endpoint)] == ["dead", "dead"]
    desk.open_case()
    assert len(desk.messages(endpoint)) == 2
    assert database.rows(
        "SELECT new_value, actor, reason FROM platform.audit WHERE field = 'state'"
        " AND table_name = 'safety.webhook_endpoint' AND operation = 'UPDATE'"
        " AND new_value = 'disabled'"
    ) == [("disabled", "system:safety", "webhook answered 410")]
    # The URL may be registered anew, with another secret.
    assert desk.register(receiver.url)["secret"] != endpoint["secret"]


def test_a_redirect_is_a_failed_attempt(desk: Desk, receiver: Receiver) -> None:
    receiver.behaviours = [answer(301, Location="http://127.0.0.1:1/")]
    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.sweep()
    message = desk.message(endpoint)
    assert (message["state"], message["last_attempt"]["failure"]) == ("pending", "redirect")


def test_dying_after_the_sending_sends_again_under_the_same_id(
    desk: Desk, receiver: Receiver
) -> None:
    class DiesAfterwards:
        def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
            SafeTransport(sandbox=True).post(url, headers, body)
            raise Killed

    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.sweep(DiesAfterwards())
    assert desk.message(endpoint)["attempts"] == 0
    assert desk.sweep() == 0
    desk.now += LEASE
    assert desk.sweep() == 1
    first, second = receiver.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    message = desk.message(endpoint)
    assert (message["state"], message["attempts"]) == ("delivered", 1)


@pytest.mark.proves("SAF-4", kind="fault")
def test_the_whole_ladder_is_climbed_and_then_the_message_is_dead(
    desk: Desk, database: TestDatabase
) -> None:
    endpoint = desk.register("http://127.0.0.1:9/")
    desk.open_case()
    transport = Scripted(Reply(500, "status"))
    waited = []
    while desk.sweep(transport) and (message := desk.message(endpoint))["state"] == "pending":
        waited.append(desk.wait_for(message))
    # The first attempt and the eight of the dense steps, then every four hours to 96 and beyond.
    assert waited[:8] == list(ladder().delays[1:])
    assert set(waited[8:]) == {timedelta(hours=4)}
    assert timedelta(hours=96) <= sum(waited, timedelta()) < timedelta(hours=100)
    message = desk.message(endpoint)
    assert (message["state"], message["attempts"]) == ("dead", len(waited) + 1)
    tried = database.rows(
        "SELECT count(*) FROM safety.webhook_attempt JOIN safety.webhook_message m"
        " USING (message_id, endpoint_id) WHERE m.kind = 'notice'"
    )
    assert tried == [(len(waited) + 1,)]


def test_a_fault_of_our_own_counts_as_an_attempt_and_does_not_go_on_for_ever(
    desk: Desk,
) -> None:
    class Broken:
        def post(self, _url: str, _headers: Mapping[str, str], _body: bytes) -> Reply:
            raise RuntimeError("a bug")

    endpoint = desk.register("http://127.0.0.1:9/")
    desk.open_case()
    assert desk.sweep(Broken()) == 1
    message = desk.message(endpoint)
    assert (message["attempts"], message["last_attempt"]["failure"]) == (1, "internal")


def test_a_secret_sealed_under_another_key_sends_nothing(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.register(receiver.url)
    desk.open_case()
    desk.sweep(sealing_key="11" * 32)
    assert receiver.received == []
    assert desk.message(endpoint)["last_attempt"]["failure"] == "secret-unreadable"


def test_one_hanging_receiver_delays_nobody_else(desk: Desk, receiver: Receiver) -> None:
    with Receiver() as stuck:
        stuck.behaviours = [hang(stuck)]
        hanging, healthy = desk.register(stuck.url), desk.register(receiver.url)
        for _ in range(3):
            desk.open_case()
        with desk.sender(SafeTransport(sandbox=True, deadline_seconds=60)) as sender:
            lanes = sender.sweep()
            eventually(lambda: {each["state"] for each in desk.messages(healthy)} == {"delivered"})
            assert not all(lane.done() for lane in lanes)
            # A lane still busy is not started twice: the stuck desk gets one message at a time.
            desk.open_case()
            eventually(lambda: bool(sender.sweep()) or len(receiver.received) == 4)
            eventually(lambda: len(receiver.received) == 4)
            assert len(stuck.received) == 1
            assert not all(lane.done() for lane in lanes)
            stuck.released.set()
    assert [each["attempts"] for each in desk.messages(hanging)] == [1, 0, 0, 0]


def test_a_run_that_waits_for_a_slow_desk_goes_on_sending_to_the_others(
    desk: Desk, receiver: Receiver
) -> None:
    with Receiver() as stuck:
        stuck.behaviours = [hang(stuck)]
        hanging = desk.register(stuck.url)
        desk.register(receiver.url)
        desk.open_case()
        with desk.sender(SafeTransport(sandbox=True, deadline_seconds=60)) as sender:
            run = threading.Thread(target=sender.run)
            run.start()
            eventually(lambda: len(receiver.received) == len(stuck.received) == 1)
            desk.open_case()
            eventually(lambda: len(receiver.received) == 2)
            assert run.is_alive()
            stuck.released.set()
            run.join(30)
            assert not run.is_alive()
    # The second message to the stuck desk was not tried in the same run.
    assert [each["attempts"] for each in desk.messages(hanging)] == [1, 0]


class SomeHang:
    """Hosts of which those named ``hang`` say nothing until they are released."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.released = threading.Event()

    def post(self, url: str, _headers: Mapping[str, str], _body: bytes) -> Reply:
        self.tried.append(url)
        if "hang" in url:
            self.released.wait(30)
            return Reply(None, "timeout")
        return Reply(200, None)


def test_however_many_desks_hang_one_that_answers_is_told_at_once(desk: Desk) -> None:
    stuck = [desk.register(f"http://127.0.0.1:9/hang/{number}") for number in range(6)]
    healthy = desk.register("http://127.0.0.1:9/well")
    desk.open_case()
    known = SomeHang()
    known.released.set()
    # More hang than there are lanes. That is found out once, and everybody has a turn.
    assert desk.sweep(known) == 7
    desk.open_case()
    desk.now += timedelta(hours=1)
    transport = SomeHang()
    with desk.sender(transport) as sender:
        sender.sweep()
        eventually(lambda: [each["state"] for each in desk.messages(healthy)] == ["delivered"] * 2)
        sender.sweep()
        hung = [url for url in transport.tried if "hang" in url]
        # Half of the four lanes is what they have together, at every sweep.
        assert len(hung) == 2
        desk.open_case()
        eventually(lambda: bool(sender.sweep()) or len(desk.messages(healthy)) == 3)
        eventually(lambda: {each["state"] for each in desk.messages(healthy)} == {"delivered"})
        transport.released.set()
    assert sum(each["attempts"] for one in stuck for each in desk.messages(one)) == 6 + 2


def test_a_desk_that_answers_again_has_a_lane_of_its_own_again(desk: Desk) -> None:
    endpoint = desk.register("http://127.0.0.1:9/well")
    desk.open_case()
    desk.sweep(Scripted(Reply(None, "timeout")))
    desk.now += timedelta(minutes=10)

    def shares() -> list[bool]:
        desk.open_case()
        with desk.sender() as sender:
            return [shared for _, shared in sender._due()]

    assert shares() == [True]
    desk.sweep(Scripted(Reply(200, None)))
    assert shares() == [False]
    assert {each["attempts"] for each in desk.messages(endpoint)} == {0, 1, 2}


def test_new_desks_that_all_hang_at_once_keep_nobody_waiting_longer_than_one_attempt(
    desk: Desk,
) -> None:
    for number in range(6):
        desk.register(f"http://127.0.0.1:9/hang/{number}")
    healthy = desk.register("http://127.0.0.1:9/well")
    desk.open_case()
    transport = SomeHang()
    with desk.sender(transport) as sender:
        sender.sweep()
        eventually(lambda: len(transport.tried) >= 4)
        transport.released.set()
        eventually(lambda: not sender._busy)
        # By now those that hung are known: none of them is before it.
        sender.sweep()
        eventually(lambda: desk.message(healthy)["state"] == "delivered")


def test_no_row_is_locked_while_a_message_is_sent(desk: Desk, database: TestDatabase) -> None:
    seen: list[Any] = []

    class Looks:
        def post(self, _url: str, _headers: Mapping[str, str], _body: bytes) -> Reply:
            seen.append(
                database.rows(
                    "SELECT count(*) FROM pg_stat_activity WHERE usename = 'induct_safety'"
                    " AND datname = current_database() AND xact_start IS NOT NULL"
                )
            )
            return Reply(200, None)

    desk.register("http://127.0.0.1:9/")
    desk.open_case()
    desk.sweep(Looks())
    assert seen == [[(0,)]]


def test_two_senders_at_once_send_each_message_once(desk: Desk, receiver: Receiver) -> None:
    endpoint = desk.register(receiver.url)
    for _ in range(6):
        desk.open_case()
    both = [threading.Thread(target=desk.sweep) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert len(ids) == len(set(ids)) == 6
    assert {each["attempts"] for each in desk.messages(endpoint)} == {1}


def test_a_message_that_another_sender_is_claiming_is_passed_over(desk: Desk) -> None:
    endpoint = uuid.UUID(desk.register("http://127.0.0.1:9/")["endpoint_id"])
    desk.open_case()
    desk.open_case()
    post = desk.sender()._post
    until = desk.now + LEASE
    with post.work_in(STUDY) as one, post.work_in(STUDY) as other, post.work_in(STUDY) as third:
        first = repository.claim(one, endpoint, desk.now, until, aside=False)
        second = repository.claim(other, endpoint, desk.now, until, aside=False)
        assert first is not None
        assert second is not None
        assert first["message_id"] != second["message_id"]
        assert repository.claim(third, endpoint, desk.now, until, aside=False) is None


def test_a_follow_up_is_told_with_the_version_that_it_brought(
    desk: Desk, receiver: Receiver, trial: Trial
) -> None:
    desk.register(receiver.url)
    record = trial.record({"term": "Sepsis", "serious": "true", "start_date": "2026-02-19"})
    trial.tell(record)
    trial.correct(record, {"death": "true"}, version=2)
    trial.tell(record, version=2)
    desk.now = datetime.now(UTC) + timedelta(seconds=1)
    desk.sweep()
    told = sorted(
        (content["data"]["version"], content["type"])
        for content in (json.loads(each.body) for each in receiver.received)
    )
    assert told == [(1, "case.opened"), (2, "case.followed_up")]


def test_lingering_sweeps_again_so_that_the_first_steps_are_kept(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.behaviours = [answer(500), answer(200)]
    endpoint = desk.register(receiver.url)
    desk.open_case()

    elapsed = [0.0]

    with desk.sender() as sender:

        def pause(seconds: float) -> None:
            eventually(lambda: not sender._busy)
            desk.now += timedelta(seconds=seconds)
            elapsed[0] += seconds

        sender.run(linger_seconds=8, pause=pause, monotonic=lambda: elapsed[0])
    assert len(receiver.received) == 2
    assert desk.message(endpoint)["state"] == "delivered"


def test_a_clock_that_ran_a_day_ahead_and_came_back_puts_nothing_off(
    desk: Desk, receiver: Receiver
) -> None:
    receiver.behaviours = [answer(503)]
    endpoint = desk.register(receiver.url)
    desk.open_case()
    right = desk.now
    desk.now += timedelta(days=1)
    assert desk.sweep() == 1, "put off, and its endpoint left alone, until a day from now"
    desk.now = right + timedelta(seconds=1)
    receiver.behaviours = [answer(204)]
    assert desk.sweep() == 1
    assert desk.message(endpoint)["state"] == "delivered"
