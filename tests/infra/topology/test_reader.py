from pathlib import Path

import pytest

from infra.topology import (
    Consumer,
    Function,
    Queue,
    Route,
    RuleTarget,
    Schedule,
    Topology,
)
from tests.infra.topology.example_template import EXAMPLE, read


@pytest.fixture(name="topology")
def topology_fixture(tmp_path: Path) -> Topology:
    return read(EXAMPLE, tmp_path)


def test_functions_take_their_globals_and_an_image_its_command(topology: Topology) -> None:
    everywhere = ("BUS_NAME", "STAGE")
    assert topology.functions == (
        Function(
            "SafetyApi",
            "services.safety.entrypoint.handler",
            29,
            "Zip",
            ("BUS_NAME", "CASES", "STAGE"),
        ),
        Function("SafetyConsumer", "services.safety.entrypoint.consume", 60, "Zip", everywhere),
        Function("Analytics", "services.analytics.entrypoint.run", 900, "Image", everywhere),
        Function("Relay", "infra.relay.entrypoint.run", 3, "Zip", ()),
    )


def test_routes_have_their_own_scopes_else_those_of_the_authorizer(topology: Topology) -> None:
    cases = "/safety/v1/cases/{study}"
    assert set(topology.routes) == {
        Route("POST", cases, "SafetyApi", "Issuer", ("safety/write",)),
        Route("GET", cases, "SafetyApi", "Issuer", ("induct/use",)),
        Route("GET", "/safety/health", "SafetyApi", None, ()),
    }


def test_queues_know_their_receive_count_and_dead_letter_queue(topology: Topology) -> None:
    assert topology.queues == (
        Queue("SafetyQueue", 360, 5, "DeadLetters"),
        Queue("AnalyticsQueue", 900, 2, "DeadLetters"),
        Queue("DeadLetters", 30, None, None),
    )


def test_rules_send_matching_events_of_their_bus_to_their_queues(topology: Topology) -> None:
    (rule,) = topology.rules
    assert (rule.logical_id, rule.bus, rule.enabled) == ("SubjectRule", "Bus", True)
    assert rule.event_pattern == {
        "source": ["induct.local.randomization"],
        "detail-type": ["subject.randomized"],
    }
    assert rule.targets == (
        RuleTarget("safety", "SafetyQueue", "DeadLetters", 10, 3600),
        RuleTarget("analytics", "AnalyticsQueue", "DeadLetters", None, None),
    )
    event = {"source": "induct.local.randomization", "detail-type": "subject.randomized"}
    assert topology.targets_of("Bus", event) == ("SafetyQueue", "AnalyticsQueue")
    assert topology.targets_of("default", event) == ()
    assert topology.targets_of("Bus", {**event, "source": "induct.local.safety"}) == ()


def test_a_disabled_rule_sends_nothing(tmp_path: Path) -> None:
    text = EXAMPLE.replace("EventBusName: !Ref Bus", "EventBusName: other\n      State: DISABLED")
    topology = read(text, tmp_path)
    assert topology.rules[0].bus == "other"
    event = {"source": "induct.local.randomization", "detail-type": "subject.randomized"}
    assert topology.targets_of("other", event) == ()


def test_consumers_come_from_sam_events_and_event_source_mappings(topology: Topology) -> None:
    assert topology.consumers == (
        Consumer("SafetyConsumer", "SafetyQueue", 4, True, True),
        Consumer("Analytics", "AnalyticsQueue", 10, False, False),
    )


def test_schedules_come_from_sam_events_and_scheduler_resources(topology: Topology) -> None:
    assert topology.schedules == (
        Schedule(
            "AnalyticsNightly",
            "cron(30 2 * * ? *)",
            "Europe/Berlin",
            "Analytics",
            {"job": "nightly"},
            True,
            "DeadLetters",
        ),
        Schedule("RelaySchedule", "rate(1 minute)", "UTC", "Relay", None, False, None),
    )


def test_functions_and_queues_are_found_by_their_logical_ids(topology: Topology) -> None:
    assert topology.function("Relay").handler == "infra.relay.entrypoint.run"
    assert topology.queue("SafetyQueue").visibility_timeout == 360
    with pytest.raises(KeyError):
        topology.queue("Relay")


def test_given_parameters_replace_the_defaults_of_the_template(tmp_path: Path) -> None:
    topology = read(EXAMPLE, tmp_path, {"Stage": "live", "ReceiveCount": "7"})
    assert topology.queue("SafetyQueue").max_receive_count == 7
    assert topology.rules[0].event_pattern["source"] == ["induct.live.randomization"]


def test_a_route_without_path_and_method_is_the_default_route(tmp_path: Path) -> None:
    text = EXAMPLE.replace("Method: get, Path: /safety/health, ", "")
    assert Route("ANY", "$default", "SafetyApi", None, ()) in read(text, tmp_path).routes


def test_an_api_that_sam_makes_itself_is_guarded_by_the_globals(tmp_path: Path) -> None:
    text = """
Globals:
  HttpApi:
    Auth:
      DefaultAuthorizer: Issuer
      Authorizers: {Issuer: {AuthorizationScopes: [a/b]}}
Resources:
  Api:
    Type: AWS::Serverless::Function
    Properties:
      Handler: a.b
      Events: {Read: {Type: HttpApi, Properties: {Method: get, Path: /a}}}
"""
    assert read(text, tmp_path).routes == (Route("GET", "/a", "Api", "Issuer", ("a/b",)),)
    # SAM adds the lists of a resource to those of the globals.
    named = (
        text.replace("Path: /a", "Path: /a, ApiId: !Ref Named")
        + """
  Named:
    Type: AWS::Serverless::HttpApi
    Properties: {Auth: {Authorizers: {Issuer: {AuthorizationScopes: [c/d]}}}}
"""
    )
    assert read(named, tmp_path).routes[0].scopes == ("a/b", "c/d")


def test_an_empty_template_is_an_empty_topology(tmp_path: Path) -> None:
    assert read("Resources: {}", tmp_path) == Topology((), (), (), (), (), ())
