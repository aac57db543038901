"""The template, deployed: functions as zips in processes of their own, a real bus, real queues."""

import json

from infra.local.home import TEMPLATE
from infra.topology import read_topology
from tests.emulation.emulated import Emulated
from tests.infra.scenario import (
    CHILD,
    STUDY,
    eventually,
    from_screening_to_the_nightly_figure,
    path,
)


def test_a_child_goes_from_screening_to_the_nightly_figure(emulated: Emulated) -> None:
    from_screening_to_the_nightly_figure(emulated)


def test_the_artefacts_of_that_night_lie_in_the_bucket_open_and_closed_apart(
    emulated: Emulated,
) -> None:
    s3 = emulated.made.emulator.client("s3")
    bucket = emulated.made.resources["Artefacts"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert {key.split("/")[0] for key in keys} == {"open", "closed"}


def test_the_gateway_refuses_a_caller_without_token_or_scope(emulated: Emulated) -> None:
    import httpx

    where = path("assessments", f"/subjects/{CHILD}")
    assert httpx.get(emulated.url + where, timeout=30).status_code == 401
    envelopes = path("randomization", "/lists/sandbox-1/envelopes")
    refused = emulated.call("GET", envelopes, role="coordinator", study=STUDY, site="S01")
    assert (refused.status_code, refused.json()) == (403, {"message": "Forbidden"})


def test_nothing_of_all_that_is_left_over_or_dead(emulated: Emulated) -> None:
    queues = [queue.logical_id for queue in read_topology(TEMPLATE).queues]
    eventually(lambda: sum(map(emulated.messages, queues)) == 0)


def test_an_event_that_no_consumer_can_read_ends_at_the_dead_letters_of_its_queue(
    emulated: Emulated,
) -> None:
    events = emulated.made.emulator.client("events")
    answer = events.put_events(
        Entries=[
            {
                "EventBusName": emulated.made.resources["Bus"],
                "Source": "induct.assessments",
                "DetailType": "subject.registered",
                "Detail": json.dumps({"no": "event of ours"}),
            }
        ]
    )
    assert answer["FailedEntryCount"] == 0
    eventually(lambda: emulated.messages("RandomizationQueue") == 1)
