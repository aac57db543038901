"""A template with its parameters, references and globals resolved as far as the topology needs.

Not a CloudFormation engine: conditions and most functions have no value before deployment, and a
field of the topology that depends on one is a fault, never a guess.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_VARIABLE = re.compile(r"\$\{(!?)([^}]*)\}")


@dataclass(frozen=True)
class Reference:
    """A value that stands for a resource; ``attribute`` is None for a plain Ref."""

    logical_id: str
    attribute: str | None


@dataclass(frozen=True)
class Unresolved:
    """A value that only the deployment knows; ``written`` names the function in question."""

    written: str


@dataclass(frozen=True)
class Resource:
    """A resource as written; ``properties`` are not resolved."""

    logical_id: str
    kind: str
    properties: Mapping[str, Any]


_NO_VALUE = object()


class Template:
    """The parsed template together with the faults found while reading it."""

    def __init__(self, document: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        self.faults: list[str] = []
        self._globals = _mapping(document.get("Globals"))
        self._parameters = {
            name: parameters.get(name, _mapping(declared).get("Default"))
            for name, declared in _mapping(document.get("Parameters")).items()
        }
        self.faults += [
            f"parameter {name}: not declared in the template"
            for name in parameters
            if name not in self._parameters
        ]
        self._resources: dict[str, Resource] = {}
        self._conditional: set[str] = set()
        for logical_id, declared in _mapping(document.get("Resources")).items():
            self._add(str(logical_id), declared)

    def _add(self, logical_id: str, declared: Any) -> None:
        kind = _mapping(declared).get("Type")
        if not isinstance(kind, str):
            self.faults.append(f"{logical_id}: a resource needs a Type")
            return
        if "Condition" in declared:
            self._conditional.add(logical_id)
        properties = _mapping(declared.get("Properties"))
        self._resources[logical_id] = Resource(logical_id, kind, properties)

    def of_kind(self, *kinds: str) -> Iterator[Resource]:
        """Resources of the given types, in the order of the template."""
        for resource in self._resources.values():
            if resource.kind in kinds:
                if resource.logical_id in self._conditional:
                    self.faults.append(
                        f"{resource.logical_id}: a Condition on a {resource.kind} is not supported"
                    )
                yield resource

    def kind_of(self, logical_id: str) -> str | None:
        """The type of a resource; None where the template has no such resource."""
        resource = self._resources.get(logical_id)
        return resource.kind if resource else None

    def properties_of(self, logical_id: str) -> Mapping[str, Any]:
        """The properties of a resource of the template, as written."""
        return self._resources[logical_id].properties

    def with_globals(self, section: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """SAM properties merged over the section of ``Globals``, as SAM merges them."""
        return _merged(_mapping(self._globals.get(section)), properties)

    def resolve(self, node: Any, owner: str) -> Any:
        """The value of a node, with Reference and Unresolved where there is no plain one.

        ``owner`` names the resource in faults. AWS::NoValue takes its field out; on its own it is
        None.
        """
        value = self._value(node, owner)
        return None if value is _NO_VALUE else value

    def _value(self, node: Any, owner: str) -> Any:
        if isinstance(node, list):
            members = [self._value(member, owner) for member in node]
            return [member for member in members if member is not _NO_VALUE]
        if not isinstance(node, Mapping):
            return node
        if self.is_function(node):
            ((name, operand),) = node.items()
            return self._call(str(name), operand, owner)
        values = {key: self._value(value, owner) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not _NO_VALUE}

    @staticmethod
    def is_function(node: Mapping[str, Any]) -> bool:
        """Tell whether the mapping is a call of an intrinsic function."""
        names = [str(name) for name in node]
        return len(names) == 1 and (names[0] == "Ref" or names[0].startswith("Fn::"))

    def _call(self, name: str, operand: Any, owner: str) -> Any:
        if name == "Ref":
            return self._name(str(operand), owner)
        if name == "Fn::GetAtt" and isinstance(operand, str | list):
            parts = [operand] if isinstance(operand, str) else operand
            return self._name(".".join(map(str, parts)), owner)
        if name == "Fn::Sub" and isinstance(operand, str):
            return self._substitute(operand, owner)
        if name == "Fn::Join" and isinstance(operand, list) and len(operand) == 2:
            separator, members = operand[0], self.resolve(operand[1], owner)
            if isinstance(members, list) and all(isinstance(one, str) for one in members):
                return str(separator).join(members)
        return Unresolved(name)

    def _name(self, name: str, owner: str) -> Any:
        logical_id, _, attribute = name.partition(".")
        if logical_id in self._resources:
            return Reference(logical_id, attribute or None)
        if name in self._parameters:
            value = self._parameters[name]
            return Unresolved(f"parameter {name} without a value") if value is None else value
        if name == "AWS::NoValue":
            return _NO_VALUE
        if not name.startswith("AWS::"):
            self.faults.append(f"{owner}: unknown resource or parameter {logical_id}")
        return Unresolved(name)

    def _substitute(self, text: str, owner: str) -> Any:
        whole = _VARIABLE.fullmatch(text)
        if whole and not whole[1]:
            return self._name(whole[2], owner)
        values = {
            name: self._name(name, owner)
            for escaped, name in _VARIABLE.findall(text)
            if not escaped
        }
        if not all(isinstance(value, str | int | float) for value in values.values()):
            return Unresolved(f"Fn::Sub {text}")
        return _VARIABLE.sub(
            lambda found: f"${{{found[2]}}}" if found[1] else str(values[found[2]]), text
        )


def _mapping(node: Any) -> Mapping[str, Any]:
    return node if isinstance(node, Mapping) else {}


def _merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        inherited = merged.get(key)
        if isinstance(inherited, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(inherited, value)
        elif isinstance(inherited, list) and isinstance(value, list):
            merged[key] = inherited + value
        else:
            merged[key] = value
    return merged
