"""The template as the emulator takes it, and in words what it does not take.

Kept is everything that a message or a call passes: API, functions, bus, rules, queues, schedules,
topics, buckets. What is changed or left out is told, once for each kind; a kind of resource that
nobody has thought about is refused, so that nothing is left out unnoticed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from infra.emulation.routes import API, routes
from infra.topology import Topology

FUNCTION: Final = "AWS::Serverless::Function"

KEPT: Final = frozenset({
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
})  # fmt: skip
LEFT_OUT: Final = {
    "AWS::CloudFormation::Stack": "no network, keys, alarms and logs of its own; Postgres is here",
    "AWS::Events::Archive": "the emulator keeps none from a template",
    "AWS::S3::BucketPolicy": "nobody asks what a policy allows",
    "AWS::SQS::QueuePolicy": "nobody asks what a policy allows",
}
_NO_KEYS = "nothing is encrypted here"
# Properties that the emulator does not get, by kind, and why.
WITHOUT: Final[Mapping[str, Mapping[str, str]]] = {
    FUNCTION: {
        "AutoPublishAlias": "the emulator calls the newest code",
        "DeploymentPreference": "no canary: there is no CodeDeploy",
        "KmsKeyArn": _NO_KEYS,
        "LoggingConfig": "logs are read by nobody else here",
        "Policies": "nobody asks what a policy allows",
        "ReservedConcurrentExecutions": "two cores reserve nothing",
        "SnapStart": "processes are started, not restored",
        "VpcConfig": "no network of its own",
    },
    "AWS::Events::EventBus": {"KmsKeyIdentifier": _NO_KEYS},
    "AWS::S3::Bucket": {
        "BucketEncryption": _NO_KEYS,
        "LoggingConfiguration": "logs are read by nobody else here",
    },
    "AWS::SNS::Topic": {"KmsMasterKeyId": _NO_KEYS},
    "AWS::SQS::Queue": {"KmsMasterKeyId": _NO_KEYS},
}


class Untranslatable(ValueError):
    """The template holds what this translation was not told of."""


@dataclass(frozen=True)
class Package:
    """Where the emulator's S3 holds the code of a function."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Translation:
    """``template`` for the emulator, and ``remarks`` on what it is not."""

    template: Mapping[str, Any]
    remarks: tuple[str, ...]


def translate(
    template: Mapping[str, Any],
    topology: Topology,
    packages: Mapping[str, Package],
    variables: Mapping[str, str],
    beside: Mapping[str, str],
) -> Translation:
    """``template`` as the emulator takes it.

    ``packages`` holds the code of each function by its logical id. ``variables`` are values that
    take the place of the template's, wherever it names such a variable; ``beside`` is given to
    every function beside its own. Raises ``Untranslatable``.
    """
    made = deepcopy(dict(template))
    told: Counter[str] = Counter()
    resources: dict[str, Any] = {}
    for name, resource in made["Resources"].items():
        kind = resource["Type"]
        if kind == FUNCTION:
            resources[name] = _function(name, resource, packages[name], topology, told)
        elif kind == API:
            resources |= routes(name, resource, topology)
            told[f"{API}: told route by route, as the emulator reads no OpenAPI body"] += 1
        elif kind in KEPT:
            properties = _without(kind, resource.get("Properties", {}), told)
            resources[name] = {"Type": kind, "Properties": properties}
        elif kind in LEFT_OUT:
            told[f"{kind} is left out: {LEFT_OUT[kind]}"] += 1
        else:
            raise Untranslatable(f"{name}: nobody has said what the emulator makes of {kind}")
    made["Resources"] = resources
    shared = made["Globals"]["Function"] = _without(FUNCTION, made["Globals"]["Function"], told)
    for properties in (shared, *(each["Properties"] for each in _functions(resources))):
        _give(properties, variables, told)
    shared["Environment"]["Variables"] |= beside
    told.update(f"{name}={value} is beside the template's" for name, value in beside.items())
    _leave_outputs(made, told)
    _check(made)
    remarks = (f"{words} ({count})" if count > 1 else words for words, count in told.items())
    return Translation(made, tuple(sorted(remarks)))


def _function(
    name: str,
    resource: Mapping[str, Any],
    package: Package,
    topology: Topology,
    told: Counter[str],
) -> dict[str, Any]:
    properties = _without(FUNCTION, resource["Properties"], told)
    properties["CodeUri"] = {"Bucket": package.bucket, "Key": package.key}
    if properties.pop("PackageType", "Zip") == "Image":
        told["a container image is a zip: there is no engine to run one"] += 1
        for of_image in ("ImageUri", "ImageConfig"):
            properties.pop(of_image, None)
        properties |= {"Handler": topology.function(name).handler, "Runtime": "python3.13"}
    events = {
        event: described
        for event, described in properties.pop("Events", {}).items()
        if described["Type"] != "HttpApi"
    }
    return {"Type": FUNCTION, "Properties": properties | ({"Events": events} if events else {})}


def _functions(resources: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [resource for resource in resources.values() if resource["Type"] == FUNCTION]


def _give(properties: Mapping[str, Any], values: Mapping[str, str], told: Counter[str]) -> None:
    """Put this machine's values where the template names such variables."""
    named = properties.get("Environment", {}).get("Variables", {})
    for name in sorted(named.keys() & values.keys()):
        named[name] = values[name]
        told[f"{name} is of this machine"] += 1


def _without(kind: str, properties: Mapping[str, Any], told: Counter[str]) -> dict[str, Any]:
    left = WITHOUT.get(kind, {})
    for name in sorted(properties.keys() & left.keys()):
        told[f"{name} of {kind} is left out: {left[name]}"] += 1
    return {name: value for name, value in properties.items() if name not in left}


def _leave_outputs(template: dict[str, Any], told: Counter[str]) -> None:
    known = _known(template)
    for name, output in list(template.get("Outputs", {}).items()):
        if not set(_named(output)) <= known:
            del template["Outputs"][name]
            told[f"output {name} is left out with what it names"] += 1


def _check(template: Mapping[str, Any]) -> None:
    known = _known(template)
    for name, resource in template["Resources"].items():
        missing = sorted(set(_named(resource)) - known)
        if missing:
            raise Untranslatable(f"{name} names {', '.join(missing)}, which the emulator lacks")


def _known(template: Mapping[str, Any]) -> set[str]:
    return {*template["Resources"], *template.get("Parameters", {})}


def _named(node: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to, but for those of AWS itself."""
    if isinstance(node, list):
        for member in node:
            yield from _named(member)
    if not isinstance(node, Mapping):
        return
    for key, value in node.items():
        if key == "Ref":
            yield from _plain(value)
        elif key == "Fn::GetAtt":
            yield from _plain(value[0] if isinstance(value, list) else value.split(".")[0])
        elif key == "Fn::Sub":
            yield from _substituted(value)
        else:
            yield from _named(value)


def _substituted(value: Any) -> Iterator[str]:
    text, own = (value, {}) if isinstance(value, str) else value
    yield from _named(list(own.values()))
    for part in text.split("${")[1:]:
        name = part.split("}")[0].split(".")[0]
        if name not in own and not name.startswith("!"):
            yield from _plain(name)


def _plain(name: str) -> Iterator[str]:
    if not name.startswith("AWS::"):
        yield name
