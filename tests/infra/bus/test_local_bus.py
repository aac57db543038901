"""The bus of one machine: template.yaml's rules decide which queues an event reaches."""

import json
import uuid
from pathlib import Path

import pytest
from sqlalchemy import Engine

import infra
from infra.bus import inspection
from infra.bus.local import LocalBus
from infra.bus.port import Entry
from infra.bus.relay import relay_once
from infra.topology import Topology, read_topology
from tests.infra.bus.support import Recorder, Writer, registered
from tests.support.database import TestDatabase


@pytest.fixture(scope="module")
def topology() -> Topology:
    return read_topology(Path(infra.__file__).parents[1] / "template.yaml")


class Woken:
    """Remembers which queues were told that there is something for them."""

    def __init__(self) -> None:
        self.queues: list[set[str]] = []

    def __call__(self, queues: set[str]) -> None:
        self.queues.append(queues)


def entry(source: str, kind: str, **data: object) -> Entry:
    envelope = {"id": str(uuid.uuid4()), "source": source, "type": kind, "data": data}
    return Entry.of(envelope)


def delivered(database: TestDatabase) -> set[tuple[object, ...]]:
    return set(database.rows("SELECT consumer, event_id::text FROM platform.delivery"))


def test_an_event_reaches_the_queues_whose_rules_it_fits_and_no_other(
    platform: Engine, topology: Topology, database: TestDatabase
) -> None:
    woken = Woken()
    sent = [
        entry("urn:induct:assessments", "subject.registered"),
        entry("urn:induct:randomization", "subject.randomized"),
        entry("urn:induct:randomization", "subject.registered"),
        entry("urn:induct:safety", "nobody.listens"),
    ]
    assert LocalBus(platform, topology, woken).publish(sent) == {}
    assert delivered(database) == {
        ("RandomizationQueue", sent[0].event_id),
        ("AssessmentsQueue", sent[1].event_id),
    }
    assert woken.queues == [{"RandomizationQueue", "AssessmentsQueue"}]


def test_what_reaches_nobody_is_published_all_the_same(
    platform: Engine, topology: Topology, database: TestDatabase
) -> None:
    woken = Woken()
    sent = [entry("urn:induct:safety", "nobody.listens")]
    assert LocalBus(platform, topology, woken).publish(sent) == {}
    assert (delivered(database), woken.queues) == (set(), [])


def test_an_event_published_twice_is_delivered_once(
    platform: Engine, topology: Topology, database: TestDatabase
) -> None:
    bus = LocalBus(platform, topology, Woken())
    sent = entry("urn:induct:assessments", "subject.registered")
    bus.publish([sent, sent])
    with database.admin() as admin:
        admin.execute("UPDATE platform.delivery SET state = 'done'")
    bus.publish([sent])
    assert database.rows("SELECT state FROM platform.delivery") == [("done",)]


def test_an_event_keeps_its_envelope_from_the_outbox_to_the_queue(
    platform: Engine, topology: Topology, writer: Writer, database: TestDatabase
) -> None:
    writer.publish(registered())
    assert relay_once(platform, LocalBus(platform, topology, Woken())) == 1
    ((kept,),) = writer.outbox("envelope")
    ((arrived,),) = database.rows("SELECT envelope -> 'detail' FROM platform.delivery")
    assert json.dumps(arrived) == json.dumps(kept)


def test_the_outbox_is_counted_by_state_with_its_oldest_event(
    platform: Engine, writer: Writer, database: TestDatabase
) -> None:
    writer.publish(registered("S01-001"), registered("S01-002"), registered("S01-003"))
    relay_once(platform, Recorder(), limit=2)
    with database.admin() as admin:
        admin.execute("UPDATE platform.outbox SET created_at = created_at - interval '1 hour'")
    rows = inspection.outbox(platform)
    assert [(row.state, row.events) for row in rows] == [("pending", 1), ("published", 2)]
    assert all(3600 <= row.oldest_seconds < 3700 for row in rows)
