"""The template and the stacks below it fit together."""

import re

import pytest

from infra.lint import MAX_BYTES
from infra.local.home import PROJECT
from tests.infra.template.templates import ROOT, STACKS, documents, resources, texts

NESTED = {each.logical_id: each.properties for each in resources("AWS::CloudFormation::Stack")}


def test_every_stack_is_part_of_the_template_once_and_small_enough_to_read() -> None:
    told = sorted(properties["TemplateURL"] for properties in NESTED.values())
    there = sorted(file.relative_to(PROJECT).as_posix() for file in STACKS.glob("*.yaml"))
    assert told == there
    assert max(file.stat().st_size for file in STACKS.glob("*.yaml")) <= MAX_BYTES


@pytest.mark.parametrize("name", NESTED)
def test_a_stack_is_given_what_it_asks_for_and_nothing_else(name: str) -> None:
    asked = documents()[NESTED[name]["TemplateURL"]]["Parameters"]
    given = set(NESTED[name]["Parameters"])
    needed = {parameter for parameter, told in asked.items() if "Default" not in told}
    assert needed <= given <= set(asked)


def test_whatever_is_taken_from_a_stack_is_among_its_outputs() -> None:
    outputs = {
        name: set(documents()[properties["TemplateURL"]].get("Outputs", {}))
        for name, properties in NESTED.items()
    }
    document = documents()[ROOT]
    taken = {
        (found[1], found[2])
        for text in texts([document["Resources"], document["Globals"], document["Outputs"]])
        for found in re.finditer(r"\$\{(\w+)\.Outputs\.(\w+)\}", text)
    }
    taken |= set(_attributes(document))
    assert {pair for pair in taken if pair[1] not in outputs.get(pair[0], set())} == set()
    unused = {(name, one) for name, all_ in outputs.items() for one in all_} - taken
    # What a person looks up, and alarms of functions, of which each is taken by its function.
    assert unused <= {("Database", "Endpoint")}


def _attributes(node: object) -> list[tuple[str, str]]:
    if isinstance(node, dict):
        got = node.get("Fn::GetAtt")
        here = [(got[0], got[1].removeprefix("Outputs."))] if got and "Outputs." in got[1] else []
        return here + [pair for value in node.values() for pair in _attributes(value)]
    if isinstance(node, list):
        return [pair for value in node for pair in _attributes(value)]
    return []
