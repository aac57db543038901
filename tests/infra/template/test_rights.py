"""Who may do what: each function what its settings name, and nobody everything."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra.database.cast import LOGINS
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from tests.infra.template.templates import (
    functions,
    listed,
    resources,
    statements,
    texts,
)

# Every statement that names all actions of a service or all resources, and why it must.
WILD: Mapping[tuple[str, str], str] = {
    ("DatabaseKey", "kms:*"): "a key's policy has no other resource; IAM decides, or nobody ever",
    ("FilesKey", "kms:*"): "a key's policy has no other resource; IAM decides, or nobody ever",
    ("MessagesKey", "kms:*"): "a key's policy has no other resource; IAM decides, or nobody ever",
    ("DatabaseKey", "*"): "in a key's policy it is that key",
    ("FilesKey", "*"): "in a key's policy it is that key",
    ("MessagesKey", "*"): "in a key's policy it is that key",
    ("DeadLettersPolicy", "*"): "in a queue's policy it is that queue",
    ("Buckets", "*"): "held to buckets of this account by its condition",
}
FUNCTIONS = functions()
LOGIN = re.compile(r"postgresql://(\w+)\$\{Database\.Outputs\.Where\}")
ADMINISTRATOR = "induct_admin"


def test_no_statement_is_wild_without_a_reason_and_no_reason_without_a_statement() -> None:
    found = {
        (each.logical_id, word)
        for each in resources()
        for statement in statements(each.properties)
        if statement["Effect"] == "Allow"
        for word in (*listed(statement.get("Action")), *listed(statement.get("Resource")))
        if isinstance(word, str) and (word == "*" or word.endswith(":*"))
    }
    assert found == set(WILD)


def test_everybody_is_named_as_principal_only_under_a_condition() -> None:
    open_ones = [
        f"{each}: {statement.get('Sid')}"
        for each in resources()
        for statement in statements(each.properties)
        if statement["Effect"] == "Allow"
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and not statement.get("Condition")
    ]
    assert open_ones == []


def test_services_of_aws_act_for_this_account_and_for_nobody_else() -> None:
    for each in resources():
        for statement in statements(each.properties):
            principal = statement.get("Principal")
            if not isinstance(principal, dict) or "Service" not in principal:
                continue
            # A role of the monitoring of RDS carries no account in its calls.
            if "monitoring.rds.amazonaws.com" in listed(principal["Service"]):
                continue
            told = " ".join(map(str, texts_and_keys(statement.get("Condition", {}))))
            account = "aws:SourceAccount" in told or "aws:SourceArn" in told
            assert account or "kms:EncryptionContext" in told, f"{each}: {statement}"


def texts_and_keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from texts_and_keys(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_and_keys(value)
    else:
        yield str(node)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_log_in_as_whom_its_urls_name_and_as_nobody_else(name: str) -> None:
    named = set(LOGIN.findall(" ".join(texts(FUNCTIONS[name]["Environment"]))))
    assert named <= {login.name for login in LOGINS} | {ADMINISTRATOR}
    allowed = {
        text.rpartition("/")[2]
        for statement in statements(FUNCTIONS[name].get("Policies", []))
        if statement["Action"] == "rds-db:connect"
        for text in texts(statement["Resource"])
    }
    assert allowed == named


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_may_read_the_secrets_that_its_settings_name_and_no_others(name: str) -> None:
    variables = FUNCTIONS[name]["Environment"]["Variables"]
    named = {
        value["Fn::GetAtt"][1] for key, value in variables.items() if key.endswith("_KEY_SECRET")
    }
    allowed = {
        one["Fn::GetAtt"][1]
        for statement in statements(FUNCTIONS[name].get("Policies", []))
        if statement["Action"] == "secretsmanager:GetSecretValue"
        for one in listed(statement["Resource"])
    }
    assert allowed == named


def test_a_queue_is_read_by_its_consumer_and_by_nobody_else() -> None:
    policies = {
        each.properties["Queues"][0]["Ref"]: each.properties["PolicyDocument"]
        for each in resources("AWS::SQS::QueuePolicy")
    }
    for consumer in read_topology(TEMPLATE).consumers:
        (allowed, denied) = statements(policies[consumer.queue])
        assert allowed["Action"] == "sqs:SendMessage"
        assert (denied["Effect"], denied["Principal"]) == ("Deny", "*")
        assert denied["Action"] == ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
        role = {"Fn::GetAtt": [f"{consumer.function}Role", "Arn"]}
        assert denied["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}


def test_only_operations_may_log_in_as_administrator_or_migrator() -> None:
    named = {
        name
        for name, properties in FUNCTIONS.items()
        if {ADMINISTRATOR, "induct_migrator"}
        & set(LOGIN.findall(" ".join(texts(properties["Environment"]))))
    }
    assert named == {"Operations"}
    assert "Events" not in FUNCTIONS["Operations"]


def test_no_secret_stands_in_a_variable_or_anywhere_else_in_a_template() -> None:
    assert [
        text
        for each in resources()
        for text in texts(each.properties)
        if "{{resolve:" in text or re.search(r"(?i)(secretstring|masteruserpassword)\b", text)
    ] == []


def test_closed_results_are_for_the_functions_of_analytics_alone() -> None:
    (policy,) = [
        each.properties["PolicyDocument"]["Statement"]
        for each in resources("AWS::S3::BucketPolicy")
        if each.logical_id == "ArtefactsPolicy"
    ]
    (closed,) = [one for one in policy if one.get("Sid") == "ClosedToAllButAnalytics"]
    assert (closed["Effect"], closed["Principal"]) == ("Deny", "*")
    assert {"s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"} == set(closed["Action"])
    assert closed["Condition"] == {
        "ArnNotEquals": {
            "aws:PrincipalArn": [
                {"Fn::GetAtt": ["AnalyticsApiRole", "Arn"]},
                {"Fn::GetAtt": ["AnalyticsConsumerRole", "Arn"]},
            ]
        }
    }
    reaches = {
        name
        for name, properties in FUNCTIONS.items()
        if "${Artefacts.Arn}/closed/*" in list(texts(properties.get("Policies", [])))
    }
    assert reaches == {"AnalyticsApi", "AnalyticsConsumer"}


def test_only_those_who_call_the_world_stand_where_the_world_is_reached() -> None:
    outside = {
        name
        for name, properties in FUNCTIONS.items()
        if any("Egress" in text for text in texts(properties["VpcConfig"]))
    }
    assert outside == {"BeforeTraffic", "SafetyWebhookSender", "TokenKeys"}
    for name, properties in FUNCTIONS.items():
        told = set(texts(properties["VpcConfig"])) - {"Network"}
        side = "Egress" if name in outside else "Service"
        group = "EgressGroup" if name in outside else "FunctionsGroup"
        assert told == {f"Outputs.{side}SubnetA", f"Outputs.{side}SubnetB", f"Outputs.{group}"}
