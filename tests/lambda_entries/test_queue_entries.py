"""``consume`` of each service, given batches as SQS sends them."""

import json

from tests.lambda_entries.conftest import Start
from tests.lambda_entries.environment import sample
from tests.services.randomization.world import screen
from tests.services.safety.trial import SERIOUS_EVENT, Trial
from tests.support.database import TestDatabase

STUDY = "NCT05748171"


def failures(*ids: str) -> dict[str, object]:
    return {"batchItemFailures": [{"itemIdentifier": each} for each in ids]}


def test_randomization_consumes_what_it_can_and_names_the_rest(
    start: Start, database: TestDatabase
) -> None:
    lambda_ = start("RandomizationConsumer")
    batch = sample("sqs-randomization")
    assert lambda_.invoke(batch) == failures("m2", "m3")
    assert lambda_.invoke(batch) == failures("m2", "m3")
    log = database.rows("SELECT subject_id FROM randomization.screening ORDER BY 1")
    assert log == [("S01-001",), ("S01-003",)]
    lines = [json.loads(line) for line in lambda_.log.splitlines()]
    assert [(line["message_id"], line["message"]) for line in lines] == 2 * [
        ("m1", "message handled"),
        ("m2", "message failed"),
        ("m3", "message failed"),
        ("m4", "message handled"),
    ]


def test_assessments_consumes_what_it_can_and_names_the_rest(
    start: Start, database: TestDatabase
) -> None:
    screen(database, "S01-001", study=STUDY)
    assert start("AssessmentsConsumer").invoke(sample("sqs-assessments")) == failures("m2")
    assert database.rows(
        "SELECT subject_id, randomized_at IS NOT NULL FROM assessments.subject"
    ) == [("S01-001", True)]


def test_safety_consumes_what_it_can_and_names_the_rest(
    start: Start, database: TestDatabase
) -> None:
    trial = Trial(database)
    try:
        trial.add_subject("S01-001")
        record = trial.record(SERIOUS_EVENT)
    finally:
        trial.close()
    batch = sample("sqs-safety")
    first = batch["Records"][0]
    first["body"] = first["body"].replace("00000000-0000-4000-8000-00000000000c", str(record))
    assert start("SafetyConsumer").invoke(batch) == failures("m2")
    assert database.rows("SELECT count(*) FROM safety.safety_case") == [(1,)]


def test_analytics_consumes_nothing_of_a_batch_it_cannot_read(start: Start) -> None:
    batch = sample("sqs-randomization")
    names = [record["messageId"] for record in batch["Records"]]
    assert start("AnalyticsConsumer").invoke(batch) == failures(*names)
