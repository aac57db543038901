"""What the emulator gets of the template, and that nothing is left out unnoticed."""

from collections import defaultdict
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from infra.emulation.deployment import _variables
from infra.emulation.translation import Package, Translation, Untranslatable, translate
from infra.local.home import TEMPLATE, Home, LoginUrls
from infra.topology import Topology, read_topology
from infra.topology.loader import load_template

# What the emulator's deployment says in place of the parts that are left out.
HERE = _variables(
    Home(Path("nowhere"), 1), LoginUrls("postgresql://here", "induct", defaultdict(str))
)


@pytest.fixture(scope="module")
def topology() -> Topology:
    return read_topology(TEMPLATE)


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return load_template(TEMPLATE)


def translated(template: dict[str, Any], topology: Topology, **variables: str) -> Translation:
    packages = {each.logical_id: Package("b", each.handler) for each in topology.functions}
    values = HERE | variables
    return translate(template, topology, packages, values, {"INDUCT_SANDBOX": "1"})


def of_kind(found: Translation, kind: str) -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in found.template["Resources"].items()
        if resource["Type"] == kind
    }


def test_every_route_of_the_template_leads_to_its_function_with_its_scopes(
    shipped: dict[str, Any], topology: Topology
) -> None:
    found = of_kind(translated(shipped, topology), "AWS::ApiGatewayV2::Route")
    told = {
        (route["RouteKey"], route["Target"]["Fn::Sub"], tuple(route.get("AuthorizationScopes", [])))
        for route in found.values()
    }
    assert told == {
        (f"{each.method} {each.path}", f"integrations/${{{each.function}Integration}}", each.scopes)
        for each in topology.routes
    }
    without = [key for key, route in found.items() if route["AuthorizationType"] == "NONE"]
    assert len(without) == sum(route.authorizer is None for route in topology.routes)


def test_every_function_is_a_zip_with_its_handler_and_the_events_of_queues_and_schedules(
    shipped: dict[str, Any], topology: Topology
) -> None:
    found = of_kind(translated(shipped, topology), "AWS::Serverless::Function")
    assert {name: each["Handler"] for name, each in found.items()} == {
        each.logical_id: each.handler for each in topology.functions
    }
    assert all(each["CodeUri"]["Key"] == each["Handler"] for each in found.values())
    kinds = {event["Type"] for each in found.values() for event in each.get("Events", {}).values()}
    assert kinds == {"SQS", "ScheduleV2"}


def test_a_value_of_this_machine_stands_wherever_the_template_names_it_and_nowhere_else(
    shipped: dict[str, Any], topology: Topology
) -> None:
    found = translated(shipped, topology, INDUCT_BUS="here", INDUCT_ISSUER="me")
    given = found.template["Globals"]["Function"]["Environment"]["Variables"]
    assert given["INDUCT_ISSUER"] == "me"
    with_bus = {
        name
        for name, each in of_kind(found, "AWS::Serverless::Function").items()
        if each.get("Environment", {}).get("Variables", {}).get("INDUCT_BUS") == "here"
    }
    own = {each.logical_id for each in topology.functions if "INDUCT_BUS" in each.environment}
    assert with_bus == own != set()
    assert given["INDUCT_SANDBOX"] == "1"
    assert {"INDUCT_SANDBOX=1 is beside the template's", "INDUCT_BUS is of this machine"} <= set(
        found.remarks
    )


def test_what_is_left_out_is_told_with_its_reason(
    shipped: dict[str, Any], topology: Topology
) -> None:
    found = translated(shipped, topology)
    assert "Network" not in found.template["Resources"]
    assert "WebhookAddresses" not in found.template["Outputs"]
    told = "\n".join(found.remarks)
    for part in (
        "AWS::CloudFormation::Stack is left out: ",
        "VpcConfig of AWS::Serverless::Function is left out: ",
        "output WebhookAddresses",
    ):
        assert part in told


def test_a_kind_of_resource_that_nobody_thought_of_is_refused(
    shipped: dict[str, Any], topology: Topology
) -> None:
    template = deepcopy(shipped)
    template["Resources"]["Table"] = {"Type": "AWS::DynamoDB::Table", "Properties": {}}
    with pytest.raises(Untranslatable, match=r"Table: nobody has said .* AWS::DynamoDB::Table"):
        translated(template, topology)


@pytest.mark.parametrize(
    "reference",
    [
        {"Ref": "Network"},
        {"Fn::GetAtt": ["Network", "Outputs.VpcId"]},
        {"Fn::Sub": "${AWS::Region}/${Network.Outputs.VpcId}"},
    ],
)
def test_what_still_names_a_resource_that_is_left_out_is_refused(
    shipped: dict[str, Any], topology: Topology, reference: dict[str, Any]
) -> None:
    template = deepcopy(shipped)
    template["Resources"]["Bus"]["Properties"]["Description"] = reference
    with pytest.raises(Untranslatable, match="Bus names Network, which the emulator lacks"):
        translated(template, topology)
