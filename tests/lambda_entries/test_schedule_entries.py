"""Functions that schedules start, and the relay with boto3 on the wire."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from infra.topology import Topology
from shared.identity.issuer import Issuer
from tests.lambda_entries.conftest import Start
from tests.lambda_entries.environment import sample
from tests.lambda_entries.runtime_api import FunctionError
from tests.lambda_entries.test_http_entries import bearer, open_site
from tests.support.database import TestDatabase

# What each function answers where there is nothing to do. The relay's night has a test of its own.
IDLE = {
    "RandomizationReconciler": {"reconciled": 1, "differing": 0},
    "SafetyWebhookSender": {"attempts": 0},
    "SafetyEscalation": {"studies": 0, "steps": 0},
    "SafetyReports": {"sent": 0, "failed": 0},
    "SafetyWebhookWatch": {"raised": 0, "sent": 0, "failed": 0},
    "AnalyticsNightly": {"asked": 1, "known": 0},
    "TokenKeys": {"copied": 0},
}
# What they answer is told where they are tested for themselves (tests/infra/aws).
TOLD_ELSEWHERE = {"Relay", "Watch", "AuditNight"}


class Events:
    """EventBridge as boto3 speaks to it: takes PutEvents, and keeps what was put."""

    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.headers["X-Amz-Target"] == "AWSEvents.PutEvents"
                outer.put += asked["Entries"]
                told = [{"EventId": str(number)} for number, _ in enumerate(asked["Entries"])]
                content = json.dumps({"FailedEntryCount": 0, "Entries": told}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def event_bridge() -> Iterator[Events]:
    events = Events()
    thread = threading.Thread(target=events.server.serve_forever, args=(0.02,))
    thread.start()
    yield events
    events.server.shutdown()
    thread.join()
    events.server.server_close()


def test_each_scheduled_function_is_named_here(topology: Topology) -> None:
    assert {schedule.function for schedule in topology.schedules} == {*IDLE, *TOLD_ELSEWHERE}


@pytest.mark.parametrize("name", IDLE)
def test_a_scheduled_function_with_nothing_to_do_says_so(
    start: Start, topology: Topology, name: str
) -> None:
    (given,) = [each.input for each in topology.schedules if each.function == name]
    event = sample("schedule") if given is None else {**given, "linger_seconds": 0}
    assert start(name).invoke(event) == IDLE[name]


def test_the_relay_puts_events_on_the_bus_until_shortly_before_its_end(
    start: Start, issuer: Issuer, database: TestDatabase, event_bridge: Events
) -> None:
    open_site(database)
    token = bearer(issuer, "coordinator", "S01")
    event = sample("http-assessments", authorization=token)
    assert start("AssessmentsApi").invoke(event)["statusCode"] == 201
    ((waiting,),) = database.rows("SELECT count(*) FROM platform.outbox WHERE state = 'pending'")
    relay = start("Relay", seconds=6, AWS_ENDPOINT_URL=event_bridge.url)
    assert relay.invoke(sample("schedule")) == {"claimed": waiting}
    assert len(event_bridge.put) == waiting
    assert {entry["EventBusName"] for entry in event_bridge.put} == {"induct-test"}
    assert "subject.registered" in {entry["DetailType"] for entry in event_bridge.put}
    left = database.rows("SELECT count(*) FROM platform.outbox WHERE state <> 'published'")
    assert left == [(0,)]


def test_a_function_that_raises_reports_it_and_lives_on(start: Start) -> None:
    night = start("AnalyticsNightly")
    with pytest.raises(FunctionError, match="ValueError"):
        night.invoke({"cutoff": "yesterday"})
    assert night.invoke({"cutoff": "2026-01-14"}) == {"asked": 1, "known": 0}


@pytest.mark.parametrize(
    ("name", "event", "part"),
    [
        ("Watch", {}, {"not_durable": 0, "dead_letters": 0}),
        ("AuditNight", {}, {"streams": 1}),
        ("Operations", {"command": "status"}, {"current": True}),
    ],
)
def test_what_watches_and_operates_runs_under_the_runtime(
    start: Start, name: str, event: dict[str, Any], part: dict[str, Any]
) -> None:
    answer = start(name).invoke(event)
    assert {key: answer[key] for key in part} == part
