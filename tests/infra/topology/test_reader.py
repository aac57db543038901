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
    TopologyError,
    read_topology,
)
from tests.infra.topology.example_template import EXAMPLE


def read(text: str, folder: Path, parameters: dict[str, str] | None = None) -> Topology:
    path = folder / "template.yaml"
    path.write_text(text, encoding="utf-8")
    return read_topology(path, parameters)


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


FAULTS = [
    ("Arn: !GetAtt SafetyQueue.Arn", "Arn: !GetAtt Relay.Arn", "refers to Relay"),
    ("Arn: !GetAtt SafetyQueue.Arn", "Arn: !Ref SafetyQueue", "must be the Arn of SafetyQueue"),
    ("Arn: !GetAtt SafetyQueue.Arn", "Arn: !GetAtt Nowhere.Arn", "unknown resource .* Nowhere"),
    ("Arn: !GetAtt SafetyQueue.Arn", "Arn: !Sub '${AWS::Region}-x'", "must refer to a resource"),
    ("Id: safety", "Id: analytics", "ids of its targets must differ"),
    ("Id: safety", "Input: x\n          Id: safety", "Input is not supported"),
    (
        "          DeadLetterConfig: {Arn: !GetAtt DeadLetters.Arn}\n          RetryPolicy",
        "          RetryPolicy",
        "SubjectRule/Targets/0/DeadLetterConfig: Arn must refer",
    ),
    ("MaximumRetryAttempts: 10", "MaximumRetryAttempts: 186", "from 0 to 185"),
    ("detail-type: [subject.randomized]", "detail-type: [{cidr: x}]", "'cidr' is not supported"),
    ("EventBusName: !Ref Bus", "EventBusName: !Ref Relay", "Relay, which is no event bus"),
    ("      VisibilityTimeout: 360\n", "      VisibilityTimeout: 59\n", "shorter than the timeout"),
    ("maxReceiveCount: 2", "maxReceiveCount: 0", "from 1 to 1000"),
    (
        "      RedrivePolicy: {deadLetterTargetArn: !Sub",
        "      X: {deadLetterTargetArn: !Sub",
        "AnalyticsQueue: has no dead-letter queue",
    ),
    (
        "deadLetterTargetArn: !GetAtt DeadLetters.Arn",
        "deadLetterTargetArn: !GetAtt SafetyQueue.Arn",
        "its own dead-letter queue",
    ),
    (
        "deadLetterTargetArn: !GetAtt DeadLetters.Arn",
        "deadLetterTargetArn: !GetAtt AnalyticsQueue.Arn",
        "AnalyticsQueue: is used both for work and for dead letters",
    ),
    ("VisibilityTimeout: 360", "FifoQueue: true", "FifoQueue is not supported"),
    ("Queue: !GetAtt SafetyQueue.Arn", "Batch: 1", "SafetyConsumer/Events/Subjects.*Queue must"),
    (
        "Queue: !GetAtt SafetyQueue.Arn",
        "Queue: !GetAtt AnalyticsQueue.Arn",
        "SubjectRule: no function consumes its queue SafetyQueue",
    ),
    (
        "Queue: !GetAtt SafetyQueue.Arn",
        "Queue: !GetAtt AnalyticsQueue.Arn",
        "AnalyticsQueue: has 2 consumers",
    ),
    ("BatchSize: 4", "BatchSize: 11", "from 1 to 10"),
    ("BatchSize: 4", "FilterCriteria: {Filters: []}", "FilterCriteria is not supported"),
    ("FunctionName: !Ref Analytics", "FunctionName: !Ref Bus", "refers to Bus"),
    ("Handler: services.safety.entrypoint.handler", "Handler: safety", "a module and a function"),
    ("{Command: [services.analytics.entrypoint.run]}", "{}", "ImageConfig/Command/0"),
    ("PackageType: Image", "PackageType: Jar", "PackageType must be one of"),
    ("Timeout: 60", "Timeout: 901", "from 1 to 900"),
    ("Timeout: 60", "Timeout: soon", "from 1 to 900, not 'soon'"),
    ("Method: GET, ", "Method: post, ", "POST .* is already defined"),
    ("Method: GET, ", "Method: FETCH, ", "Method must be one of"),
    ("Method: GET, ", "", "Method must be a text"),
    ("Path: /safety/health", "Path: safety", "begin with a slash"),
    ("{Authorizer: NONE}", "{Authorizer: Other}", "no authorizer Other"),
    ("{Authorizer: NONE}", "{Authorizer: NONE, AuthorizationScopes: [a]}", "need a JWT"),
    ("ApiId: !Ref Api, Method: GET", "ApiId: !Ref Bus, Method: GET", "ApiId must refer"),
    ("Type: ScheduleV2", "Type: Schedule", "Type must be one of HttpApi, SQS, ScheduleV2"),
    ("cron(30 2 * * ? *)", "cron(30 2 * * * *)", "exactly one of the two day fields"),
    ("Europe/Berlin", "Europe/Atlantis", "unknown time zone 'Europe/Atlantis'"),
    ("""'{"job": "nightly"}'""", "'{job}'", "Input must be a JSON document"),
    ("Target: {Arn: !GetAtt Relay.Arn,", "Target: {Arn: !GetAtt Bus.Arn,", "refers to Bus"),
    ("ScheduleExpression: rate(1 minute)", "ScheduleExpression: !If [a, b, c]", "known before"),
    (
        "    Type: AWS::SQS::Queue\n\n",
        "    Type: AWS::SQS::Queue\n    Condition: A\n\n",
        "Condition",
    ),
    (
        "  Bus:\n    Type: AWS::Events::EventBus",
        "  Bus:\n    Kind: x",
        "Bus: a resource needs a Type",
    ),
    (
        "  Bus:\n",
        "  Old:\n    Type: AWS::Serverless::Api\n  Bus:\n",
        "Old: AWS::Serverless::Api is not read",
    ),
    ("    Default: local\n", "", "source: a filter must be"),
]


@pytest.mark.parametrize(("written", "instead", "fault"), FAULTS)
def test_a_topology_that_cannot_run_is_refused(
    written: str, instead: str, fault: str, tmp_path: Path
) -> None:
    assert written in EXAMPLE
    with pytest.raises(TopologyError, match=fault):
        read(EXAMPLE.replace(written, instead, 1), tmp_path)


def test_an_undeclared_parameter_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(TopologyError, match="parameter Stge: not declared"):
        read(EXAMPLE, tmp_path, {"Stge": "live"})


def test_all_faults_are_listed_at_once_and_each_only_once(tmp_path: Path) -> None:
    text = EXAMPLE.replace("SafetyQueue.Arn", "Gone.Arn").replace("maxReceiveCount: 2", "x: 2")
    # Functions are visited several times: for their handlers, routes, queues and schedules.
    text = text.replace("  Analytics:\n", "  Analytics:\n    Condition: Live\n")
    with pytest.raises(TopologyError) as refused:
        read(text, tmp_path)
    faults = refused.value.faults
    assert len(faults) == len(set(faults))
    beginnings = {fault.split(":")[0] for fault in faults}
    assert beginnings >= {
        "SubjectRule/Targets/0",
        "SafetyConsumer/Events/Subjects/Properties",
        "AnalyticsQueue/RedrivePolicy",
        "Analytics",
    }
    assert all(fault in str(refused.value) for fault in faults)


def test_an_empty_template_is_an_empty_topology(tmp_path: Path) -> None:
    assert read("Resources: {}", tmp_path) == Topology((), (), (), (), (), ())
