"""How much at once, how long, and what a function runs on."""

import re
from collections import Counter

import pytest

from infra.aws import before_traffic
from infra.database.cast import LOGINS
from infra.local.home import TEMPLATE
from infra.topology import read_topology
from services.safety.webhooks.sender import CONNECTIONS
from tests.infra.template.templates import (
    HOOK,
    ROOT,
    deployed_name,
    documents,
    functions,
    statements,
    texts,
)

FUNCTIONS = functions()
TOPOLOGY = read_topology(TEMPLATE)
LOGIN = re.compile(r"postgresql://(\w+)\$\{Database\.Outputs\.Where\}")
# Connections of one environment where it is not one: the sender has lanes; a run of analytics has
# one that holds the study's lock.
BESIDE_ONE = {"SafetyWebhookSender": CONNECTIONS, "AnalyticsConsumer": 2}
REQUESTS = {name for name in FUNCTIONS if name.endswith("Api")}


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.name)
def test_all_functions_of_a_login_at_once_have_a_connection_each(login: object) -> None:
    most: Counter[str] = Counter()
    for name, properties in FUNCTIONS.items():
        for named in set(LOGIN.findall(" ".join(texts(properties["Environment"])))):
            most[named] += properties["ReservedConcurrentExecutions"] * BESIDE_ONE.get(name, 1)
    assert most[login.name] <= login.connections  # type: ignore[attr-defined]


def test_every_function_has_a_share_that_leaves_others_theirs() -> None:
    shares = {n: each["ReservedConcurrentExecutions"] for n, each in FUNCTIONS.items()}
    assert min(shares.values()) >= 1
    assert sum(shares.values()) <= 100


def test_a_queue_hands_over_no_more_than_its_function_may_take_at_once() -> None:
    for name, properties in FUNCTIONS.items():
        for event in properties.get("Events", {}).values():
            if event["Type"] == "SQS":
                most = event["Properties"]["ScalingConfig"]["MaximumConcurrency"]
                assert 2 <= most <= properties["ReservedConcurrentExecutions"], name


def test_a_message_stays_hidden_for_six_times_as_long_as_its_function_may_take() -> None:
    for consumer in TOPOLOGY.consumers:
        hidden = TOPOLOGY.queue(consumer.queue).visibility_timeout
        assert hidden >= 6 * TOPOLOGY.function(consumer.function).timeout, consumer.queue


def test_a_request_ends_before_the_gateway_gives_up() -> None:
    assert {TOPOLOGY.function(name).timeout <= 29 for name in REQUESTS} == {True}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_runs_on_the_runtime_that_is_tested_is_traced_and_writes_into_the_log(
    name: str,
) -> None:
    properties = FUNCTIONS[name]
    if properties.get("PackageType") != "Image":
        assert properties["Runtime"] == "python3.13"
    assert properties["Architectures"] == ["x86_64"]
    assert properties["Tracing"] == "Active"
    assert properties["LoggingConfig"] == {
        "LogGroup": {"Fn::GetAtt": ["Logs", "Outputs.Functions"]}
    }
    assert properties["FunctionName"] == {"Fn::Sub": deployed_name(name)}


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name != HOOK])
def test_a_change_of_a_function_is_taken_back_where_its_own_alarm_rings(name: str) -> None:
    inherited = documents()[ROOT]["Globals"]["Function"]
    assert inherited["AutoPublishAlias"] == "live"
    assert inherited["DeploymentPreference"]["Type"]["Fn::If"][0] == "IsLasting"
    own = FUNCTIONS[name]["DeploymentPreference"]
    assert own["Alarms"] == [{"Fn::GetAtt": ["ErrorAlarms", f"Outputs.{name}"]}]


def test_a_new_version_of_every_request_function_is_asked_before_it_takes_calls() -> None:
    hooks = {n: each["DeploymentPreference"].get("Hooks") for n, each in FUNCTIONS.items()}
    asked = {"PreTraffic": {"Ref": HOOK}}
    assert {name for name, hook in hooks.items() if hook == asked} == REQUESTS
    assert set(map(str, hooks.values())) == {str(asked), "None"}
    (named,) = texts(FUNCTIONS[HOOK]["Environment"]["Variables"][before_traffic.VERSIONS])
    assert dict(each.split("=") for each in named.split()) == {
        name.removesuffix("Api").lower(): f"${{{name}.Version}}" for name in REQUESTS
    }
    invoked = [
        each["Resource"]
        for each in statements(FUNCTIONS[HOOK]["Policies"])
        if each["Action"] == "lambda:InvokeFunction"
    ]
    assert [sorted(map(str, each)) for each in invoked] == [
        sorted(str({"Ref": f"{name}.Version"}) for name in REQUESTS)
    ]


def test_request_functions_thaw_from_a_snapshot() -> None:
    thawed = {name for name, each in FUNCTIONS.items() if "SnapStart" in each}
    assert thawed == REQUESTS


def test_every_route_is_throttled_and_those_told_of_singly_are_routes() -> None:
    api = documents()[ROOT]["Resources"]["Api"]["Properties"]
    assert api["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    routes = {f"{route.method} {route.path}" for route in TOPOLOGY.routes}
    doors = {f"{r.method} {r.path}" for r in TOPOLOGY.routes if r.authorizer is None}
    assert set(api["RouteSettings"]) <= routes
    assert doors <= set(api["RouteSettings"])
    assert "path" not in api["AccessLogSettings"]["Format"]
