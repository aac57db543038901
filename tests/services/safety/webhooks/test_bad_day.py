"""A day of simulated time on which receivers misbehave in every way at once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from typing import Any

import pytest

from services.safety.webhooks import endpoints
from services.safety.webhooks.hosts import HostList
from services.safety.webhooks.transport import Reply, SafeTransport
from tests.services.safety.letting_in import Answers
from tests.services.safety.receiver import Behaviour, Receiver, answer, drip, flood, hang
from tests.services.safety.trial import Trial
from tests.services.safety.webhooks.support import Desk, signed_with
from tests.support.api import ApiClient

REBINDS = "https://desk.example.org/in"
# At each of these hours after its beginning something is sent.
DAY = (0, 0.01, 0.05, 0.2, 1, 3, 7, 12, 18, 24)
TEMPERS: Mapping[str, Callable[[Receiver, Receiver], Behaviour]] = {
    "down": lambda _own, _victim: answer(500),
    "hangs": lambda own, _victim: hang(own),
    "drips": lambda own, _victim: drip(own, headers_first=False),
    "redirects": lambda _own, victim: answer(307, Location=victim.url),
    "floods": lambda own, _victim: flood(own, 502),
    "throttles": lambda _own, _victim: answer(429, Retry_After="999999"),
}


class Street:
    """A receiver of every temper, one that is well, and one that must never be called."""

    def __init__(self, stack: ExitStack) -> None:
        self.victim = stack.enter_context(Receiver())
        self.well = stack.enter_context(Receiver())
        self.gone = stack.enter_context(Receiver())
        self.gone.behaviours = [answer(410)]
        self.ill = {name: stack.enter_context(Receiver()) for name in TEMPERS}
        for name, receiver in self.ill.items():
            receiver.behaviours = [TEMPERS[name](receiver, self.victim)]

    def recover(self) -> None:
        for receiver in self.ill.values():
            receiver.released.set()
            receiver.received.clear()
            receiver.behaviours = [answer(204)]


@pytest.fixture
def street() -> Iterator[Street]:
    with ExitStack() as stack:
        yield Street(stack)


@pytest.fixture
def desk(api: ApiClient, trial: Trial, report: dict[str, Any]) -> Iterator[Desk]:
    """A sandbox, so that receivers may be on this machine; and one name that it may be told by."""
    listed = HostList(frozenset({"desk.example.org"}))
    api.app.dependency_overrides[endpoints.hosts] = lambda: listed
    api.app.dependency_overrides[endpoints.resolver] = lambda: lambda _h, _p: ["93.184.216.34"]
    yield Desk(api, trial, report)
    api.app.dependency_overrides.clear()


def sending(resolved: Sequence[str]) -> SafeTransport:
    hosts = HostList(frozenset({"desk.example.org"}))
    return SafeTransport(
        sandbox=True, hosts=hosts, resolve=lambda _h, _p: resolved, deadline_seconds=0.15
    )


def settled(desk: Desk, endpoint: Mapping[str, Any]) -> set[str]:
    return {each["message_id"] for each in desk.messages(endpoint) if each["state"] == "delivered"}


def attempts(api: ApiClient, desk: Desk, endpoint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every attempt of every message to the endpoint."""
    where = f"/webhooks/{endpoint['endpoint_id']}/messages"
    return [
        attempt
        for each in desk.messages(endpoint)
        for attempt in api.get(f"{where}/{each['message_id']}/attempts", role="admin").json()[
            "items"
        ]
    ]


def test_a_bad_day_loses_nothing_leaks_nothing_and_delays_nobody_else(
    desk: Desk, street: Street, api: ApiClient
) -> None:
    well, gone = desk.register(street.well.url), desk.register(street.gone.url)
    ill = {name: desk.register(receiver.url) for name, receiver in street.ill.items()}
    rebinds = desk.register(REBINDS)
    inwards = sending(["169.254.169.254"])
    for number, hours in enumerate(DAY):
        if number in {0, 4, 8}:
            desk.open_case()
        began = desk.now
        desk.sweep(inwards)
        # Whoever is well has everything at its first attempt, at every hour of the day.
        assert {(e["state"], e["attempts"]) for e in desk.messages(well)} == {("delivered", 1)}
        desk.now = began + timedelta(hours=DAY[min(number + 1, len(DAY) - 1)] - hours)
    every = settled(desk, well)
    assert len(every) == 3

    # Nobody was sent elsewhere, and nothing left for the name that leads inwards.
    assert street.victim.received == []
    tried = attempts(api, desk, rebinds)
    assert {(e["failure"], e["sent"], e["address"]) for e in tried} == {
        ("address-refused", None, None)
    }
    sent = b"".join(e.body for r in (street.well, *street.ill.values()) for e in r.received)
    for word in (b"S01-001", b"neutropenia", b"Reporter", b"Fever", b"INO"):
        assert word not in sent

    # Who said 410 is told nothing more; what it missed lies there to be replayed.
    assert len(street.gone.received) == 1
    dead = api.get(f"/dead-letters?endpoint={gone['endpoint_id']}", role="admin").json()["items"]
    assert len(dead) == 1

    # Nothing was given up, and when the day is over everything arrives, signed, in whole.
    for endpoint in (*ill.values(), rebinds):
        assert {each["state"] for each in desk.messages(endpoint)} == {"pending"}
    street.recover()
    for _ in range(12):
        desk.now += timedelta(hours=1)
        desk.sweep(sending(["10.0.0.1"]))
    for name, endpoint in ill.items():
        assert settled(desk, endpoint) == every, name
        received = street.ill[name].received
        assert {each.headers["webhook-id"] for each in received} == every, name
        assert len(received) == 3, name
        assert all(signed_with(endpoint["secret"], each) for each in received)
    assert settled(desk, rebinds) == set()
    assert {each["state"] for each in desk.messages(rebinds)} == {"pending"}


def test_an_endpoint_that_asks_for_patience_gets_no_other_notice_meanwhile(desk: Desk) -> None:
    class Busy(Answers):
        def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
            super().post(url, headers, body)
            return Reply(429, "status", retry_after="120")

    endpoint, busy = desk.register("http://127.0.0.1:9/"), Busy()
    desk.open_case()
    desk.open_case()
    assert desk.sweep(busy) == 1
    desk.open_case()
    assert desk.sweep(busy) == 0
    desk.now += timedelta(seconds=119)
    assert desk.sweep(busy) == 0
    desk.now += timedelta(seconds=2)
    well = Answers()
    assert desk.sweep(well) == 3
    numbers = {each["data"]["case_number"] for each in well.bodies}
    assert len(numbers) == len(desk.messages(endpoint)) == 3
    assert json.dumps(well.bodies).count('"sequence": 1') == 3
