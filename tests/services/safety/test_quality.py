"""Quality assurance is told of broken glass by its own endpoint, and of nothing else."""

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from infra.bus.local import as_received
from infra.bus.port import Entry
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from services.safety import events
from services.safety.e2b.gateway import FolderDrop
from services.safety.handlers import CONSUMER
from services.safety.webhooks.fallback_handlers import watch_studies
from services.safety.webhooks.topics import SAFETY, topic_of, topics
from services.safety.webhooks.transport import Reply
from shared.contracts.envelope import Envelope
from shared.contracts.randomization import SubjectUnblinded
from tests.services.randomization.world import open_trial, request, screen
from tests.services.safety.letting_in import Answers, propose
from tests.services.safety.receiver import Receiver
from tests.services.safety.trial import STUDY, Trial
from tests.services.safety.webhooks.support import Desk, DeskClock, Scripted
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

QUALITY = "http://127.0.0.1:9/quality"
SAFETY_DESK = "http://127.0.0.1:9/desk"
TYPE = "randomization.glass_broken"


@pytest.fixture
def desk(api: ApiClient, trial: Trial, report: dict[str, Any]) -> Desk:
    return Desk(api, trial, report)


def broken(subject: str = "S01-001", **changes: Any) -> Envelope:
    """The event as the bus brings it."""
    now = datetime.now(UTC)
    data = SubjectUnblinded(
        subject_id=subject, site="S01", break_id=str(uuid.uuid4()), category="emergency",
        role="medical_monitor", broken_at=now, expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    return Envelope(
        specversion="1.0", id=uuid.uuid4(), source="urn:induct:randomization",
        type=SubjectUnblinded.type, subject=f"{STUDY}/{data.about()}", time=now, study=STUDY,
        version=1, dataschema="subject.unblinded/1.0",
        data=data.model_dump(mode="json") | changes,
    )  # fmt: skip


def breaks(desk: Desk, trial: Trial, *events: Envelope) -> None:
    for event in events or (broken(),):
        CONSUMER.handle(trial.engine, event)
    desk.now = datetime.now(UTC) + timedelta(seconds=1)


def told(desk: Desk, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(each["body"]) for each in desk.messages(endpoint)]


@pytest.mark.proves("C31", kind="positive")
def test_a_break_of_the_glass_reaches_quality_assurance_signed_and_without_child_arm_or_reason(
    desk: Desk,
    trial: Trial,
    receiver: Receiver,
    client_for: Callable[..., ApiClient],
    database: TestDatabase,
) -> None:
    """From the route through outbox and bus, in either arm: the rule of the template brings it."""
    endpoint = desk.register(receiver.url, "quality")
    randomization = client_for("randomization")
    open_trial(randomization)
    arms = set()
    for number in range(101, 109):
        subject = f"S01-{number}"
        screen(database, subject, study=STUDY)
        answer = randomization.post("/allocations", json=request(subject))
        assert answer.status_code == 201, answer.text
        arms.add(answer.json()["arm"])
        body = {"category": "emergency", "reason": "Liver failure: Besponsa's antidote"}
        path = f"/allocations/{subject}/break-glass"
        assert randomization.post(path, role="medical_monitor", json=body).status_code == 201
    assert len(arms) == 2
    events = database.rows("SELECT envelope FROM platform.outbox WHERE type = 'subject.unblinded'")
    breaks(desk, trial, *(Envelope.model_validate(envelope) for (envelope,) in events))
    desk.sweep()
    assert len(receiver.received) == 8
    for got in receiver.received:
        Webhook(endpoint["secret"]).verify(got.body, got.headers)
        message = json.loads(got.body)
        assert (message["type"], message["data"]["study"]) == (TYPE, STUDY)
        assert set(message["data"]) == {
            "study", "break_id", "site", "category", "role", "broken_at", "expires_at", "sequence",
        }  # fmt: skip
        text = got.body.decode() + json.dumps(got.headers)
        for secret in (*arms, "Besponsa", "S01-1", "Liver"):
            assert secret not in text
    assert [each["data"]["sequence"] for each in told(desk, endpoint)] == list(range(1, 9))


def test_the_bus_brings_broken_glass_and_no_other_word_of_randomization() -> None:
    topology = read_topology(TEMPLATE)
    event = as_received(Entry.of(broken().model_dump(mode="json")))
    assert event["detail-type"] == "subject.unblinded"
    assert topology.targets_of("Bus", event) == ("SafetyQueue",)
    assert topology.targets_of("Bus", event | {"source": "induct.analytics"}) == ()
    other = event | {"detail-type": "subject.randomized"}
    assert "SafetyQueue" not in topology.targets_of("Bus", other)


@pytest.mark.proves("C31", kind="negative")
def test_each_endpoint_is_told_of_its_own_topic_alone(
    desk: Desk, trial: Trial, api: ApiClient
) -> None:
    quality = desk.register(QUALITY, "quality")
    safety = desk.register(SAFETY_DESK)
    desk.open_case()
    breaks(desk, trial)
    assert [each["type"] for each in told(desk, quality)] == [TYPE]
    assert [each["type"] for each in told(desk, safety)] == ["case.opened"]
    path = "/webhooks"
    shown = {each["url"]: each["topic"] for each in api.get(path, role="admin").json()["items"]}
    assert shown == {QUALITY: "quality", SAFETY_DESK: "safety"}


@pytest.mark.proves("C31", kind="negative")
def test_not_even_a_replay_of_everything_brings_an_endpoint_anothers_topic(
    desk: Desk, trial: Trial, api: ApiClient
) -> None:
    """Told before either was there; each has what it missed of its own replayed."""
    desk.open_case()
    breaks(desk, trial, broken(), broken())
    for topic, url, types in (
        ("quality", QUALITY, [TYPE] * 2),
        (SAFETY, SAFETY_DESK, ["case.opened"]),
    ):
        endpoint = desk.register(url, topic)
        body = {"since": "2020-01-01T00:00:00Z", "everything": True, "reason": "It came later"}
        made = api.post(
            f"/webhooks/{endpoint['endpoint_id']}/replays", json=body, role="safety_desk"
        )
        assert made.json()["messages"] == len(types)
        assert [each["type"] for each in told(desk, endpoint)] == types


def test_the_same_event_again_tells_nothing_again(desk: Desk, trial: Trial) -> None:
    endpoint = desk.register(QUALITY, "quality")
    event = broken()
    breaks(desk, trial, event, event, broken())
    first, second = told(desk, endpoint)
    assert [first["data"]["sequence"], second["data"]["sequence"]] == [1, 2]
    assert first["data"]["break_id"] != second["data"]["break_id"]


def test_a_break_that_opened_nothing_is_told_as_well(desk: Desk, trial: Trial) -> None:
    endpoint = desk.register(QUALITY, "quality")
    now = datetime.now(UTC).isoformat()
    breaks(desk, trial, broken(category="inadvertent", broken_at=now, expires_at=now))
    (message,) = told(desk, endpoint)
    assert message["data"]["category"] == "inadvertent"
    assert message["data"]["expires_at"] == message["data"]["broken_at"] == message["timestamp"]


def test_one_url_is_of_one_topic_and_topics_are_two(api: ApiClient, trial: Trial) -> None:
    propose(api, QUALITY, topic="quality")
    again = api.post("/webhooks", json={"url": QUALITY}, role="safety_desk")
    assert again.status_code == 409
    unknown = {"url": SAFETY_DESK, "topic": "everything"}
    assert api.post("/webhooks", json=unknown, role="safety_desk").status_code == 422


class Today(DeskClock):
    """The desk's time as if it were the database's."""

    simulated = False


@pytest.mark.proves("SAF-3", kind="fault")
def test_what_quality_assurance_does_not_take_goes_by_the_other_channel_late_and_given_up(
    desk: Desk, trial: Trial, api: ApiClient, tmp_path: Path
) -> None:
    endpoint = desk.register(QUALITY, "quality")

    def watch() -> int:
        return watch_studies(trial.engine, Today(desk), FolderDrop(tmp_path))["raised"]

    breaks(desk, trial)
    desk.sweep(Scripted(Reply(500, "status")))
    assert watch() == 0, "a few minutes are the ladder's own"
    desk.now += timedelta(minutes=16)
    assert [watch(), watch()] == [1, 0]
    for _ in range(60):
        message = desk.message(endpoint)
        if message["state"] == "dead":
            break
        desk.wait_for(message)
        desk.sweep(Scripted(Reply(500, "status")))
    assert desk.message(endpoint)["state"] == "dead"
    raised = api.get("/fallback-notices", role="safety_desk").json()["items"]
    late, given_up = sorted(raised, key=lambda each: each["raised_at"])
    assert (late["cause"], given_up["cause"]) == ("undelivered", "given-up")
    assert given_up["subject"] == f"Induct: a notice of quality ({TYPE}) was given up"
    assert "S01-001" not in json.dumps(raised)
    (letter,) = api.get("/dead-letters", role="safety_desk").json()["items"]
    assert (letter["event_type"], letter["case_number"], letter["sequence"]) == (TYPE, None, 1)


def test_what_was_taken_is_told_by_no_other_channel(
    desk: Desk, trial: Trial, tmp_path: Path
) -> None:
    desk.register(QUALITY, "quality")
    breaks(desk, trial)
    desk.sweep(Answers())
    desk.now += timedelta(hours=1)
    assert watch_studies(trial.engine, Today(desk), FolderDrop(tmp_path))["raised"] == 0


def test_who_is_held_to_a_site_sees_no_dead_letter_of_another_sites_case(
    desk: Desk, trial: Trial, api: ApiClient
) -> None:
    """A role of all sites may be given a token of some."""
    quality, safety = desk.register(QUALITY, "quality"), desk.register(SAFETY_DESK)
    desk.open_case()
    breaks(desk, trial)
    for endpoint in (quality, safety):
        path = f"/webhooks/{endpoint['endpoint_id']}/disabling"
        assert api.post(path, json={"reason": "It moved"}, role="admin").status_code == 200

    def letters(*sites: str) -> list[str]:
        found = api.get("/dead-letters", role="safety_desk", sites=sites).json()["items"]
        return sorted(each["event_type"] for each in found)

    assert letters("*") == letters("S01") == ["case.opened", TYPE]
    assert letters("S02") == [TYPE]


def test_every_type_that_is_told_is_of_one_topic() -> None:
    types = [kind for topic in topics().values() for kind in topic.types]
    assert len(types) == len(set(types))
    assert topic_of(events.GLASS_BROKEN) == "quality"
    assert {topic_of(kind) for kind in types} == set(topics()) == {"safety", "quality"}
    with pytest.raises(KeyError):
        topic_of("something.else")
