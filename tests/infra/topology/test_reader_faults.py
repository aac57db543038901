from pathlib import Path

import pytest

from infra.topology import TopologyError
from tests.infra.topology.example_template import EXAMPLE, read

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
