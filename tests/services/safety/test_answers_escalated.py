"""A rejected report is told at once, an unanswered one after a while; the clock runs on."""

import json
from datetime import datetime
from typing import Any

import pytest

from services.safety.escalation_handlers import sweep_studies
from shared.clock import SimulatedClock
from tests.services.safety.letting_in import register
from tests.services.safety.life import Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient

Body = dict[str, Any]
DESK = "http://127.0.0.1:9/desk"
CLOCK = "eu_susar_fatal"


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    """A fatal SUSAR: seven days."""
    register(api, DESK)
    life = Life(api, report, seriousness=["death"], grade=5)
    life.causality(on(0.1), "investigator", True)
    return life


def steps(life: Life, *of: str) -> list[Body]:
    """The steps taken about answers, for the obligation of the clock."""
    (name,) = {o["obligation_id"] for o in life.read()["obligations"] if o["clock"] == CLOCK}
    taken = life.read(query="/history")["escalations"]
    return [e for e in taken if e["obligation_id"] == name and e["step"].startswith(of)]


def messages(life: Life) -> list[Body]:
    """What the desk is told of steps, as it goes out."""
    (endpoint,) = life.api.get("/webhooks", role="admin").json()["items"]
    where = f"/webhooks/{endpoint['endpoint_id']}/messages?limit=200"
    items = life.api.get(where, role="admin").json()["items"]
    return [
        {"message_id": each["message_id"], **json.loads(each["body"])["data"]}
        for each in items
        if each["event_type"] == "obligation.escalated"
    ]


def sweep(trial: Trial, at: datetime) -> int:
    return sweep_studies(trial.engine, SimulatedClock(at))["steps"]


def test_a_rejection_is_told_in_the_transaction_that_records_it_and_the_clock_runs_on(
    life: Life,
) -> None:
    due = life.owes(at=on(0.2))[CLOCK]
    life.answer(on(6), life.submit(on(5), "EU", [CLOCK]), accepted=False)
    assert life.owes(at=on(6))[CLOCK] == due
    assert life.states(at=on(6))[CLOCK] == "open"
    (step,) = steps(life, "rejected")
    assert (step["step"], step["roles"]) == (
        "rejected/1",
        ["safety_desk", "safety_physician", "sponsor"],
    )
    (word,) = messages(life)
    assert (word["step"], word["message_id"]) == ("rejected/1", step["message_id"])
    assert word["first_due_at"].startswith(due)


def test_a_rejection_is_told_once_and_that_of_the_next_report_again(life: Life) -> None:
    first = life.submit(on(1), "EU", [CLOCK])
    life.answer(on(2), first, accepted=False)
    life.answer(on(2.1), first, accepted=False)
    life.answer(on(4), life.submit(on(3), "EU", [CLOCK]), accepted=False)
    assert [each["step"] for each in steps(life, "rejected")] == ["rejected/1", "rejected/2"]
    life.report_to(on(5), "EU", CLOCK)
    assert life.states(at=on(5))[CLOCK] == "submitted"
    assert len(steps(life, "rejected")) == 2


def test_accepted_and_rejected_is_told_as_a_conflict_and_takes_nothing_back(life: Life) -> None:
    sent = life.submit(on(1), "EU", [CLOCK])
    life.answer(on(2), sent, accepted=True)
    life.answer(on(3), sent, accepted=False)
    assert [each["step"] for each in steps(life, "rejected", "conflict")] == ["conflict/1"]
    assert life.states(at=on(3))[CLOCK] == "submitted"


def test_a_report_without_an_answer_is_told_in_two_rungs_by_the_sweep_and_delivered(
    trial: Trial, life: Life
) -> None:
    life.submit(on(0.5), "EU", [CLOCK])
    sweep(trial, on(3.4))
    assert steps(life, "no_answer") == []
    sweep(trial, on(3.5))
    assert [each["step"] for each in steps(life, "no_answer")] == ["no_answer/1"]
    assert sweep(trial, on(3.5)) == 0, "told once"
    sweep(trial, on(20))
    taken = steps(life, "no_answer")
    assert [each["step"] for each in taken] == ["no_answer/1", "no_answer_in_window/1"]
    assert taken[1]["step_at"] == on(5.5).isoformat().replace("+00:00", "Z")
    told = {each["message_id"]: each["step"] for each in messages(life)}
    assert all(told[each["message_id"]] == each["step"] for each in taken)


def test_an_answered_report_and_one_no_longer_owed_are_not_waited_for(
    trial: Trial, life: Life
) -> None:
    life.report_to(on(0.5), "EU", CLOCK)
    life.answer(on(0.7), life.submit(on(0.6), "US", ["us_susar_fatal"]), accepted=False)
    sweep(trial, on(20))
    taken = life.read(query="/history")["escalations"]
    assert not [each for each in taken if each["step"].startswith("no_answer")]
