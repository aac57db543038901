from typing import Any

import pytest

from infra.topology.template import Reference, Template, Unresolved

DOCUMENT = {
    "Parameters": {
        "Stage": {"Default": "local"},
        "Key": {"Type": "String"},
        "Count": {"Default": 3},
    },
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"Ref": "Stage"}, "local"),
        ({"Ref": "Count"}, 3),
        ({"Ref": "Key"}, Unresolved("parameter Key without a value")),
        ({"Ref": "Queue"}, Reference("Queue", None)),
        ({"Ref": "AWS::Region"}, Unresolved("AWS::Region")),
        ({"Fn::GetAtt": ["Queue", "Arn"]}, Reference("Queue", "Arn")),
        ({"Fn::GetAtt": "Queue.Arn"}, Reference("Queue", "Arn")),
        ({"Fn::GetAtt": 3}, Unresolved("Fn::GetAtt")),
        ({"Fn::Sub": "a-${Stage}-${Count}-${!Stage}"}, "a-local-3-${Stage}"),
        ({"Fn::Sub": "${Queue.Arn}"}, Reference("Queue", "Arn")),
        ({"Fn::Sub": "${Queue}/x"}, Unresolved("Fn::Sub ${Queue}/x")),
        ({"Fn::Sub": "${AWS::Region}-x"}, Unresolved("Fn::Sub ${AWS::Region}-x")),
        ({"Fn::Sub": ["${A}", {"A": "x"}]}, Unresolved("Fn::Sub")),
        ({"Fn::Join": ["-", ["a", {"Ref": "Stage"}]]}, "a-local"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Queue"}]]}, Unresolved("Fn::Join")),
        ({"Fn::If": ["A", 1, 2]}, Unresolved("Fn::If")),
        ([{"Ref": "Stage"}, None, {"Ref": "AWS::NoValue"}], ["local", None]),
        ({"a": {"Ref": "AWS::NoValue"}, "b": {"Ref": "Stage"}}, {"b": "local"}),
        ({"Ref": "AWS::NoValue"}, None),
        ("plain", "plain"),
    ],
)
def test_a_node_has_its_plain_value_or_says_what_is_missing(node: Any, expected: Any) -> None:
    template = Template(DOCUMENT, {})
    assert template.resolve(node, "Owner") == expected
    assert template.faults == []


@pytest.mark.parametrize("node", [{"Ref": "Gone"}, {"Fn::GetAtt": []}, {"Fn::Sub": "x${Gone.Arn}"}])
def test_a_name_that_the_template_does_not_define_is_a_fault_of_its_owner(node: Any) -> None:
    template = Template(DOCUMENT, {})
    assert isinstance(template.resolve(node, "Owner"), Unresolved)
    assert [fault.split(":")[0] for fault in template.faults] == ["Owner"]


def test_a_given_parameter_wins_over_its_default() -> None:
    assert Template(DOCUMENT, {"Stage": "live"}).resolve({"Ref": "Stage"}, "Owner") == "live"
