"""What goes wrong is told: every queue, rule, function and signal has an alarm that calls."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from infra.aws.watch import gauges
from infra.contracts.catalogue import events
from infra.local.home import PROJECT, TEMPLATE
from infra.topology import read_topology
from infra.topology.pattern import compile_pattern
from tests.infra.template.templates import (
    Resource,
    deployed_name,
    documents,
    functions,
    resources,
)

ALARMS = list(resources("AWS::CloudWatch::Alarm"))
FILTERS = list(resources("AWS::Logs::MetricFilter"))
TOPOLOGY = read_topology(TEMPLATE)
CODE = "\n".join(
    file.read_text(encoding="utf-8")
    for folder in ("shared", "services", "infra")
    for file in sorted((PROJECT / folder).rglob("*.py"))
)


def dimensions(alarm: Resource) -> Mapping[str, Any]:
    return {one["Name"]: one["Value"] for one in alarm.properties.get("Dimensions", [])}


def watched(metric: str, dimension: str) -> set[str]:
    """What alarms watch by this metric: the values of a dimension."""
    return {
        found["Fn::Sub"]
        for alarm in ALARMS
        if alarm.properties["MetricName"] == metric
        for found in [dimensions(alarm).get(dimension)]
        if found is not None
    }


@pytest.mark.parametrize("alarm", ALARMS, ids=str)
def test_an_alarm_calls_says_what_it_means_and_what_silence_means(alarm: Resource) -> None:
    told = alarm.properties
    assert told["AlarmActions"] == [{"Ref": "Pager"}]
    assert len(told["AlarmDescription"]) > 20
    assert told["TreatMissingData"] in {"breaching", "notBreaching"}


def test_every_queue_has_an_alarm_for_what_lies_dead_or_for_what_waits() -> None:
    for queue in resources("AWS::SQS::Queue"):
        name = queue.properties["QueueName"]["Fn::Sub"]
        metric = (
            "ApproximateNumberOfMessagesVisible"
            if name.endswith("-dead")
            else "ApproximateAgeOfOldestMessage"
        )
        assert name in watched(metric, "QueueName"), queue


def test_every_rule_tries_for_a_day_has_dead_letters_and_an_alarm_if_it_feeds_a_queue() -> None:
    rules = list(resources("AWS::Events::Rule"))
    assert len(rules) == len(TOPOLOGY.rules) + 1
    for rule in rules:
        for target in rule.properties["Targets"]:
            assert target["DeadLetterConfig"]["Arn"], rule
            assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 86400, rule
        if rule.logical_id != "Calls":
            name = rule.properties["Name"]["Fn::Sub"]
            assert name in watched("FailedInvocations", "RuleName"), rule


def test_every_function_has_an_alarm_for_errors_and_requests_and_consumers_for_throttles() -> None:
    names = {deployed_name(name) for name in functions()}
    assert watched("Errors", "FunctionName") == names
    busy = {name for name in names if name.endswith(("Api", "Consumer"))}
    assert watched("Throttles", "FunctionName") == busy


def test_what_runs_every_minute_is_missed_when_it_does_not() -> None:
    minutely = {
        f"induct-${{Stage}}-{schedule.function}"
        for schedule in TOPOLOGY.schedules
        if schedule.expression == "rate(1 minute)"
    }
    absent = watched("Invocations", "FunctionName")
    # The watch is missed by its gauges, which are worth more than that it ran.
    assert absent == minutely - {"induct-${Stage}-Watch"}
    (heartbeat,) = [one for one in ALARMS if one.logical_id == "OutboxSeconds"]
    assert heartbeat.properties["TreatMissingData"] == "breaching"


@pytest.mark.parametrize("line", FILTERS, ids=str)
def test_a_filter_looks_for_words_that_the_code_writes(line: Resource) -> None:
    pattern = line.properties["FilterPattern"]
    messages = re.findall(r'\$\.message = "([^"]+)"', pattern)
    problems = re.findall(r'\$\.problem = "([^"]+)"', pattern)
    for words in messages:
        assert re.search(rf'log\(\s*"{re.escape(words)}"', CODE), words
    for kind in problems:
        assert f'"{kind}"' in CODE, kind
    for field in re.findall(r"\$\.(\w+)", pattern):
        assert f'"{field}"' in CODE, field
    (made,) = line.properties["MetricTransformations"]
    gauge = re.fullmatch(r"\$\.gauges\.(\w+)", made["MetricValue"])
    if gauge:
        assert f'"{gauge[1]}"' in (PROJECT / "infra/aws/watch.py").read_text(encoding="utf-8")
    assert callable(gauges)


# What a person is called for at once, and the alarm (or rule) that calls.
CALLED_FOR = {
    "dead letters": ["SafetyDeadLetters", "SchedulesDeadLetters", "BusDeadLetters"],
    "the outbox is older than five minutes": ["OutboxSeconds"],
    "a due date nears unacknowledged; a list runs low": ["Calls"],
    "the audit trail is broken; allocation and list differ": ["Critical"],
    "the audit trail was not proven": ["TrailWhole"],
    "a guard of a table is off or was touched": ["GuardsTouched"],
    "keys used for other requests": ["KeyReused"],
    "the clocks differ": ["ClockSkew"],
    "an arm was looked at": ["UnblindedReads"],
    "a burst of denials": ["Denied"],
    "acknowledged writes may be lost": ["NotDurable"],
    "no results of the night": ["NightPublished", "RunFailed"],
    "local disk of the database": ["DatabaseDisk"],
    "nobody is at work": ["OutboxSeconds", "SafetyEscalationAbsent", "RelayAbsent"],
    "callers feel it": ["ApiFaults", "ApiTail", "SafetyApiThrottles"],
}


@pytest.mark.parametrize("signal", CALLED_FOR)
def test_what_a_person_is_called_for_has_its_alarm(signal: str) -> None:
    there = {alarm.logical_id for alarm in ALARMS} | {"Calls"}
    assert set(CALLED_FOR[signal]) <= there


def test_every_signal_is_counted_once_and_calls() -> None:
    counted = {line.properties["MetricTransformations"][0]["MetricName"] for line in FILTERS}
    called = {
        alarm.properties["MetricName"]
        for alarm in ALARMS
        if alarm.properties["Namespace"] == {"Fn::Sub": "Induct/${Stage}"}
    }
    assert counted == called


def test_events_that_are_calls_are_contracts_and_carry_no_arm() -> None:
    (calls,) = [one for one in resources("AWS::Events::Rule") if one.logical_id == "Calls"]
    types = set(calls.properties["EventPattern"]["detail-type"])
    known = {event.type: event for event in events()}
    assert types <= set(known)
    assert not {"arm"} & {field for name in types for field in known[name].model_fields}


@pytest.mark.parametrize("rule", TOPOLOGY.rules, ids=lambda rule: rule.logical_id)
def test_every_word_of_a_pattern_is_a_contract_and_every_contract_of_it_matches(rule: Any) -> None:
    known = {(f"induct.{event.source}", event.type) for event in events()}
    source, types = rule.event_pattern["source"], rule.event_pattern["detail-type"]
    asked = {(one, kind) for one in source for kind in types} & known
    assert {one for one, _ in asked} == set(source)
    assert {kind for _, kind in asked} == set(types)
    data: dict[str, Any] = {"adverse_event": True} if "detail" in rule.event_pattern else {}
    pattern = compile_pattern(rule.event_pattern)
    for one, kind in asked:
        assert pattern.matches({"source": one, "detail-type": kind, "detail": {"data": data}})
    for field in rule.event_pattern.get("detail", {}).get("data", {}):
        fields = {f for event in events() if event.type in types for f in event.model_fields}
        assert field in fields


def test_the_dashboard_is_json_and_shows_what_is_watched() -> None:
    (board,) = resources("AWS::CloudWatch::Dashboard")
    shown = json.loads(board.properties["DashboardBody"]["Fn::Sub"])
    assert len(shown["widgets"]) >= 12
    text = json.dumps(shown)
    for line in ("OutboxSeconds", "ClockSkew", "Denied", "UnblindedReads"):
        assert f'"{line}"' in text
    queues = {each.properties["QueueName"]["Fn::Sub"] for each in resources("AWS::SQS::Queue")}
    assert {name for name in queues if name.endswith("-dead") and name not in text} == set()


def test_no_template_has_an_alarm_name_twice() -> None:
    names = [alarm.properties["AlarmName"]["Fn::Sub"] for alarm in ALARMS]
    assert len(names) == len(set(names))
    assert len(documents()) > 1
