"""All templates of the deployment as plain data, for the tests of its policies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from infra.local.home import PROJECT, TEMPLATE
from infra.topology.loader import load_template

STACKS = PROJECT / "infra" / "aws" / "stacks"
ROOT = "template.yaml"
# Asked by CodeDeploy before a new version takes calls.
HOOK = "BeforeTraffic"


@dataclass(frozen=True)
class Resource:
    """A resource of a template; ``properties`` have the globals of SAM in them."""

    template: str
    logical_id: str
    kind: str
    properties: Mapping[str, Any]
    whole: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.template}: {self.logical_id}"


@cache
def documents() -> Mapping[str, Mapping[str, Any]]:
    """Every template by its path in the project."""
    files = [TEMPLATE, *sorted(STACKS.glob("*.yaml"))]
    return {file.relative_to(PROJECT).as_posix(): load_template(file) for file in files}


def resources(*kinds: str) -> Iterator[Resource]:
    """The resources of these types in all templates; all resources where no type is named."""
    for name, document in documents().items():
        for logical_id, found in document["Resources"].items():
            if not kinds or found["Type"] in kinds:
                properties = found.get("Properties", {})
                yield Resource(name, logical_id, found["Type"], properties, found)


def functions() -> Mapping[str, Mapping[str, Any]]:
    """The properties of every function over the globals, by logical id."""
    inherited = documents()[ROOT]["Globals"]["Function"]
    return {
        each.logical_id: {**inherited, **each.properties}
        for each in resources("AWS::Serverless::Function")
    }


def deployed_name(function: str) -> str:
    """What a function is called on AWS. CodeDeploy's own role may invoke what begins as it says."""
    hook = "CodeDeployHook_" if function == HOOK else ""
    return f"{hook}induct-${{Stage}}-{function}"


def statements(node: Any) -> Iterator[Mapping[str, Any]]:
    """Every statement of a policy anywhere below a node."""
    if isinstance(node, list):
        for member in node:
            yield from statements(member)
    elif isinstance(node, Mapping):
        if node.get("Effect") in {"Allow", "Deny"}:
            yield node
        for member in node.values():
            yield from statements(member)


def listed(node: Any) -> list[Any]:
    """A value of a template that may be one or a list, as a list."""
    return node if isinstance(node, list) else [node]


def texts(node: Any) -> Iterator[str]:
    """Every text anywhere below a node."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for member in node.values():
            yield from texts(member)
    elif isinstance(node, list):
        for member in node:
            yield from texts(member)
