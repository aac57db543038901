"""The sweep of the escalation ladder, delivered through the webhooks."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.safety import entrypoint, escalation_handlers
from services.safety.escalation_handlers import SweepFailed, sweep_studies
from shared.clock import DatabaseClock, SimulatedClock
from tests.services.safety.letting_in import register
from tests.services.safety.life import NOW, Life, on
from tests.services.safety.trial import Trial
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]
DESK = "http://127.0.0.1:9/desk"


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    register(api, DESK)
    return Life(api, report)


def sweep(trial: Trial, at: datetime) -> int:
    return sweep_studies(trial.engine, SimulatedClock(at))["steps"]


def escalations(life: Life, clock: str) -> list[Body]:
    names = {each["obligation_id"]: each["clock"] for each in life.read()["obligations"]}
    taken = life.read(query="/history")["escalations"]
    return [each for each in taken if names[each["obligation_id"]] == clock]


def test_each_step_is_taken_when_it_is_due_and_once(trial: Trial, life: Life) -> None:
    assert sweep(trial, NOW) == 1
    assert [each["step"] for each in escalations(life, "site_to_sponsor")] == ["day_before"]
    assert sweep(trial, NOW) == 0
    # Half of the site's 24 hours, which began at half past nine in Paris.
    assert sweep(trial, datetime.fromisoformat("2026-02-20T20:29:59Z")) == 0
    assert sweep(trial, datetime.fromisoformat("2026-02-20T20:30:00Z")) == 1
    steps = escalations(life, "site_to_sponsor")
    assert [each["step"] for each in steps] == ["day_before", "half"]
    assert steps[1]["roles"] == ["safety_desk"]


@pytest.mark.proves("SAF-3", kind="fault")
def test_a_sweep_that_was_missed_is_caught_up_and_no_step_is_skipped(
    trial: Trial, life: Life
) -> None:
    sweep(trial, on(20))
    steps = escalations(life, "eu_susar_other")
    assert [each["step"] for each in steps] == [
        "half", "three_quarters", "day_before", "due", "overdue",
    ]  # fmt: skip
    assert all(each["step_at"] < each["escalated_at"] for each in steps)
    assert steps[-1]["step_at"] == "2026-03-07T23:59:59Z"


def test_sweeps_at_the_same_time_take_each_step_once(
    trial: Trial, life: Life, database: TestDatabase
) -> None:
    with ThreadPoolExecutor(3) as pool:
        taken = list(pool.map(lambda _: sweep(trial, on(20)), range(3)))
    # One of the site's clock and four of fifteen days: five obligations, five steps each.
    assert sum(taken) == 25
    assert database.rows("SELECT count(*) FROM safety.escalation") == [(25,)]


def test_a_step_is_told_by_a_thin_webhook_to_named_roles_and_as_an_event(
    trial: Trial, life: Life, api: ApiClient, database: TestDatabase
) -> None:
    sweep(trial, NOW)
    (endpoint,) = api.get("/webhooks", role="admin").json()["items"]
    where = f"/webhooks/{endpoint['endpoint_id']}/messages"
    messages = api.get(where, role="admin").json()["items"]
    told = [each for each in messages if each["event_type"] == "obligation.escalated"]
    body = json.loads(told[0]["body"])
    assert body["data"].keys() == {
        "study", "case_id", "case_number", "version", "sequence", "first_due_at", "obligation_id",
        "step", "roles",
    }  # fmt: skip
    assert (body["data"]["step"], body["data"]["version"]) == ("day_before", 1)
    assert told[0]["message_id"] == escalations(life, "site_to_sponsor")[0]["message_id"]
    rows = database.rows("SELECT envelope FROM platform.outbox WHERE type = 'obligation.escalated'")
    assert len(rows) == len(told) == 1
    for word in ("INO", "neutropenia", "S01-001", "hospital", "Reporter"):
        assert word not in told[0]["body"] + str(rows)


@pytest.mark.proves("SAF-3", kind="negative")
def test_what_is_submitted_waived_or_no_longer_owed_is_escalated_no_more(
    trial: Trial, life: Life
) -> None:
    life.causality(on(0.1), "investigator", True)
    life.report_to(on(1), "EU", "eu_susar_other")
    life.expectedness(on(2), True)
    owed = life.owes(at=on(2))
    assert set(owed) == {"eu_downgrade"}
    sweep(trial, on(3))
    assert escalations(life, "eu_susar_other") == []
    assert escalations(life, "us_susar_other") == []


def test_a_report_without_an_answer_is_escalated_on(trial: Trial, life: Life) -> None:
    life.submit(on(6), "EU", ["eu_susar_other"])
    sweep(trial, on(20))
    assert "overdue" in [each["step"] for each in escalations(life, "eu_susar_other")]


def test_a_case_of_a_simulated_time_is_not_escalated_by_the_real_clock(
    trial: Trial, life: Life, api: ApiClient, report: Body
) -> None:
    assert sweep_studies(trial.engine, DatabaseClock()) == {"studies": 1, "steps": 0}
    # Received months ago and entered today: everything is due at once.
    number = api.post("/cases", json=report).json()["case_number"]
    assert sweep_studies(trial.engine, DatabaseClock())["steps"] > 5
    assert life.read(query="/history")["escalations"] == []
    history = api.get(f"/cases/{number}/history").json()["escalations"]
    assert {each["step"] for each in history} >= {"half", "overdue"}


def test_cases_that_were_computed_by_other_rules_are_an_alarm_at_every_sweep(
    trial: Trial, life: Life, database: TestDatabase, log_lines: io.StringIO
) -> None:
    def alarms() -> int:
        before = log_lines.getvalue().count("rules-not-applied")
        sweep(trial, on(1))
        return log_lines.getvalue().count("rules-not-applied") - before

    assert alarms() == 0
    with database.admin() as admin:
        admin.execute("UPDATE safety.case_computed SET basis = 'of an older release'")
    assert [alarms(), alarms()] == [1, 1]
    life.causality(on(1), "investigator", True)  # whatever happens to the case computes it anew
    assert alarms() == 0


def test_a_study_that_fails_keeps_no_other_from_being_swept(
    trial: Trial, life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_work: object) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr(escalation_handlers.escalation_service, "due", fail)
    with pytest.raises(SweepFailed, match="not escalated: NCT05748171"):
        sweep_studies(trial.engine, SimulatedClock(on(1)))


@pytest.mark.proves("SAF-3", kind="fault")
def test_a_case_that_cannot_be_escalated_is_an_alarm_and_stops_no_other(
    trial: Trial,
    life: Life,
    api: ApiClient,
    report: Body,
    database: TestDatabase,
    log_lines: io.StringIO,
) -> None:
    others = [life, Life(api, report, subject="S02-001", site="S02")]
    poisoned = Life(api, report, event_term="Sepsis")
    number = poisoned.case["case_number"]
    with database.admin() as admin:
        admin.execute(
            "CREATE FUNCTION safety.poison() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'poison'; END $$"
        )
        admin.execute(
            "CREATE TRIGGER poison BEFORE INSERT ON safety.escalation FOR EACH ROW"
            f" WHEN (NEW.case_id = '{poisoned.case['case_id']}') EXECUTE FUNCTION safety.poison()"
        )
    for _ in range(2):
        with pytest.raises(SweepFailed, match=f"not escalated: {number}$"):
            sweep_studies(trial.engine, SimulatedClock(on(20)))
    assert poisoned.read(query="/history")["escalations"] == []
    for each in others:
        steps = [e["step"] for e in escalations(each, "eu_susar_other")]
        assert steps == ["half", "three_quarters", "day_before", "due", "overdue"]
    alarms = [json.loads(line) for line in log_lines.getvalue().splitlines() if "poison" in line
              or "not-escalated" in line]  # fmt: skip
    assert [(each["level"], each["problem"], each["case"]) for each in alarms] == [
        ("error", "not-escalated", number)
    ] * 2
    # What was taken is on its way to the desk: the messages stand beside the steps.
    (endpoint,) = api.get("/webhooks", role="admin").json()["items"]
    where = f"/webhooks/{endpoint['endpoint_id']}/messages?limit=200"
    told = {each["message_id"] for each in api.get(where, role="admin").json()["items"]}
    taken = [e for each in others for e in each.read(query="/history")["escalations"]]
    assert {each["message_id"] for each in taken} <= told
    with database.admin() as admin:
        admin.execute("DROP TRIGGER poison ON safety.escalation")
    sweep_studies(trial.engine, SimulatedClock(on(20)))
    assert len(escalations(poisoned, "eu_susar_other")) == 5, "caught up once it can be"


def test_the_scheduled_function_sweeps(
    life: Life, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "INDUCT_SAFETY_DATABASE_URL": database.url("induct_safety"),
        "INDUCT_ISSUER": "http://issuer.test",
        "INDUCT_AUDIENCE": "induct",
        "INDUCT_JWKS_URL": "http://issuer.test/jwks",
    }.items():
        monkeypatch.setenv(name, value)
    assert entrypoint.escalate({"source": "aws.scheduler"}, None) == {"studies": 1, "steps": 0}


def test_steps_of_a_case_read_in_the_order_in_which_they_were_due(trial: Trial, life: Life) -> None:
    for hours in range(0, 40, 3):
        sweep(trial, NOW + timedelta(hours=hours))
    taken = life.read(query="/history")["escalations"]
    assert [each["step_at"] for each in taken] == sorted(each["step_at"] for each in taken)
