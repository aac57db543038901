"""Cases that come out of adverse event records."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from services.safety.handlers import CONSUMER
from tests.services.safety.letting_in import register
from tests.services.safety.trial import RECORDED_AT, SERIOUS_EVENT, Trial, recorded
from tests.support.api import ApiClient
from tests.support.database import TestDatabase


def only_case(api: ApiClient) -> dict[str, Any]:
    (summary,) = api.get("/cases").json()["items"]
    return api.get(f"/cases/{summary['case_number']}").json()


def test_a_serious_record_opens_a_case_with_what_the_record_says(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    case = only_case(api)
    assert (case["origin"], case["record_id"], case["subject"], case["site"]) == (
        "assessment",
        str(record),
        "S01-001",
        "S01",
    )
    assert (case["event_term"], case["grade"], case["onset_on"]) == (
        "Febrile neutropenia",
        4,
        "2026-02-19",
    )
    assert case["seriousness"] == ["hospitalisation"]
    # Received when it was recorded, not when the event about it was handled.
    assert case["received_at"] == "2026-02-20T09:00:00Z"
    assert {each["clock"] for each in case["obligations"]} >= {"site_to_sponsor", "eu_susar_other"}
    assert case["first_due_at"] == "2026-02-21T09:00:00Z"


def test_what_was_done_with_a_drug_goes_into_the_case_and_follows_the_record(
    trial: Trial, api: ApiClient
) -> None:
    told = {"relation_dex": "RELATED", "action_dex": "REDUCED", "action_vcr": "NOT_CHANGED"}
    record = trial.record(SERIOUS_EVENT | told)
    trial.tell(record)
    summary = api.get("/cases", role="safety_desk").json()["items"][0]

    def actions() -> Any:
        return api.get(f"/cases/{summary['case_number']}", role="safety_desk").json()["actions"]

    assert actions() == {"DEX": "REDUCED", "VCR": "NOT_CHANGED"}
    trial.correct(record, {"action_dex": "WITHDRAWN"}, version=2)
    trial.tell(record, version=2)
    assert actions() == {"DEX": "WITHDRAWN", "VCR": "NOT_CHANGED"}


def test_the_same_event_three_times_opens_one_case(trial: Trial, database: TestDatabase) -> None:
    event = recorded(trial.record(SERIOUS_EVENT))
    for _ in range(3):
        CONSUMER.handle(trial.engine, event)
    assert counts(database) == (1, 1, 1)


def test_the_same_event_three_times_at_once_opens_one_case(
    trial: Trial, database: TestDatabase
) -> None:
    event = recorded(trial.record(SERIOUS_EVENT))
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: CONSUMER.handle(trial.engine, event), range(3)))
    assert counts(database) == (1, 1, 1)


def test_two_events_about_one_record_at_once_open_one_case(
    trial: Trial, database: TestDatabase
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.correct(record, {"grade": "5"}, version=2)
    events = [recorded(record, version=version) for version in (1, 2, 1, 2)]
    with ThreadPoolExecutor(4) as pool:
        # Raises where one of them failed: none needs the queue's second try.
        list(pool.map(lambda event: CONSUMER.handle(trial.engine, event), events))
    assert counts(database) == (1, 1, 1)


def test_two_events_of_one_record_version_make_one_case(
    trial: Trial, database: TestDatabase
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    trial.tell(record)
    assert counts(database) == (1, 1, 1)


def test_two_records_make_two_cases(trial: Trial, database: TestDatabase) -> None:
    for repeat in (1, 2):
        trial.tell(trial.record(SERIOUS_EVENT, repeat=repeat))
    assert counts(database) == (2, 2, 2)


@pytest.mark.parametrize(
    ("correction", "significant"),
    [
        ({"grade": "5", "death": "true"}, True),
        ({"term": "Sepsis"}, True),
        ({"serious": "false", "hospitalisation": "false"}, True),
        ({"outcome": "RECOVERED"}, False),
    ],
)
def test_a_correction_adds_a_version_to_the_case(
    trial: Trial, api: ApiClient, correction: dict[str, str | None], significant: bool
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    trial.correct(record, correction, version=2)
    trial.tell(record, version=2, serious="serious" not in correction)
    case = only_case(api)
    assert (case["version"], case["significant"]) == (2, significant)


def test_a_death_told_later_opens_the_7_day_clock_from_its_own_day(
    trial: Trial, api: ApiClient
) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    before = {each["clock"]: each["due_at"] for each in only_case(api)["obligations"]}
    trial.correct(record, {"death": "true", "grade": "5"}, version=2)
    trial.tell(record, version=2, at=RECORDED_AT + timedelta(days=10))
    after = {each["clock"]: each for each in only_case(api)["obligations"]}
    assert after["eu_susar_fatal"]["day_zero"] == "2026-03-02"
    assert after["eu_susar_fatal"]["due_on"] == "2026-03-09"
    # What was owed before is still owed, unchanged.
    assert {name: after[name]["due_at"] for name in before} == before


def test_events_about_a_record_may_come_in_any_order(trial: Trial, api: ApiClient) -> None:
    record = trial.record(SERIOUS_EVENT)
    trial.correct(record, {"grade": "5", "death": "true"}, version=2)
    trial.tell(record, version=2)
    trial.tell(record, version=1)
    case = only_case(api)
    assert (case["version"], case["grade"], case["seriousness"]) == (
        1,
        5,
        ["death", "hospitalisation"],
    )


def test_a_record_that_is_not_serious_opens_no_case_until_it_becomes_serious(
    trial: Trial, database: TestDatabase
) -> None:
    record = trial.record({"term": "Nausea", "grade": "1", "serious": "false"})
    trial.tell(record, serious=False)
    assert counts(database) == (0, 0, 0)
    trial.correct(record, {"serious": "true", "hospitalisation": "true"}, version=2)
    trial.tell(record, version=2)
    assert counts(database) == (1, 1, 1)


def test_records_of_other_forms_are_none_of_safetys_business(
    trial: Trial, database: TestDatabase
) -> None:
    trial.tell(trial.record(SERIOUS_EVENT), form="pk_sample")
    assert counts(database) == (0, 0, 0)


def test_a_record_that_cannot_be_seen_yet_is_tried_again(
    trial: Trial, database: TestDatabase
) -> None:
    event = recorded(uuid.uuid4())
    with pytest.raises(LookupError):
        CONSUMER.handle(trial.engine, event)
    # The inbox row went back with the rest: the next delivery is handled.
    assert database.rows("SELECT count(*) FROM platform.inbox") == [(0,)]


def test_no_event_and_no_message_holds_anything_of_the_case(
    trial: Trial, api: ApiClient, report: dict[str, Any], database: TestDatabase
) -> None:
    register(api, "http://127.0.0.1:1/")
    at = RECORDED_AT + timedelta(hours=6)
    body = report | {"suspect_product": "INO", "narrative": "Secret narrative"}
    assert api.post("/cases", json=body, at=at).status_code == 201
    record = trial.record(SERIOUS_EVENT)
    trial.tell(record)
    trial.correct(record, {"grade": "5", "death": "true"}, version=2)
    trial.tell(record, version=2)
    told = [str(row[0]) for row in database.rows("SELECT envelope FROM platform.outbox")]
    told += [str(row[0]) for row in database.rows("SELECT body FROM safety.notice")]
    # Two openings, the follow-up, and on the bus what it changed of the due dates.
    assert len(told) == 7
    private = (
        "S01-001",
        "neutropenia",
        "narrative",
        "Reporter",
        "INO",
        "death",
        "hospital",
        "2015",
    )
    for text in told:
        assert not [word for word in private if word.lower() in text.lower()]


def counts(database: TestDatabase) -> tuple[Any, ...]:
    """Cases, their versions, and events told."""
    return database.rows(
        "SELECT (SELECT count(*) FROM safety.safety_case),"
        " (SELECT count(*) FROM safety.case_version), (SELECT count(*) FROM platform.outbox)"
    )[0]
