"""Places in a JSON Schema document, with references followed, for the comparison of contracts.

Handles the dialect that pydantic writes (draft 2020-12): ``$ref`` into the same document, ``anyOf``
and ``oneOf`` for unions, booleans as schemas. A place is named by its JSON pointer (RFC 6901); past
a reference it is the pointer of the definition.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

# Keywords that accept or refuse no value, so that a change of them breaks nobody. ``default`` is
# judged with the property it belongs to.
ANNOTATIONS = frozenset(
    {
        "$anchor",
        "$comment",
        "$defs",
        "$id",
        "$schema",
        "default",
        "definitions",
        "deprecated",
        "description",
        "discriminator",
        "examples",
        "readOnly",
        "title",
        "writeOnly",
    }
)
_UNION_KEYWORDS = ("anyOf", "oneOf")


class UnsupportedSchemaError(ValueError):
    """The schema uses references or combinations that cannot be compared; names the place."""


def is_annotation(keyword: str) -> bool:
    """Tell whether the keyword leaves the accepted values alone, as extensions (x-...) do."""
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def canonical(value: Any) -> str:
    """A text that is equal for equal JSON values only: 1 and true differ, key order does not."""
    return json.dumps(value, sort_keys=True)


@dataclass(frozen=True, eq=False)
class SchemaNode:
    """One schema of a document: ``schema`` with its reference followed, and where it stands."""

    document: Mapping[str, Any]
    schema: Mapping[str, Any]
    pointer: str

    @classmethod
    def root(cls, document: Mapping[str, Any]) -> "SchemaNode":
        """The schema of the whole document."""
        return _node(document, document, "")

    def child(self, *steps: str | int) -> "SchemaNode":
        """The schema under the given keywords."""
        value: Any = self.schema
        for step in steps:
            value = value[step]
        return _node(self.document, value, self.path(*steps))

    def path(self, *steps: str | int) -> str:
        """The JSON pointer of the given keywords below this schema."""
        escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
        return "".join([self.pointer, *(f"/{step}" for step in escaped)])

    def alternatives(self) -> list["SchemaNode"]:
        """The members of a union, nested unions included; the schema itself where it is none."""
        for keyword in _UNION_KEYWORDS:
            if keyword in self.schema:
                _refuse_constraints_beside(keyword, self.schema, self.pointer)
                members = [self.child(keyword, index) for index in range(len(self.schema[keyword]))]
                return [inner for member in members for inner in member.alternatives()]
        return [self]

    def expanded(self, value: Any, inside: tuple[str, ...] = ()) -> Any:
        """A part of the schema with its references written out, recursive ones excepted."""
        if isinstance(value, list):
            return [self.expanded(member, inside) for member in value]
        if not isinstance(value, Mapping):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and reference not in inside:
            target, _ = _follow(self.document, reference, self.pointer)
            rest = {key: member for key, member in value.items() if key != "$ref"}
            return [self.expanded(target, (*inside, reference)), self.expanded(rest, inside)]
        return {key: self.expanded(member, inside) for key, member in value.items()}


def _node(document: Mapping[str, Any], schema: Any, pointer: str) -> SchemaNode:
    seen: set[str] = set()
    annotations: dict[str, Any] = {}
    while True:
        if isinstance(schema, bool):
            schema = {} if schema else {"not": {}}
        if not isinstance(schema, Mapping):
            raise UnsupportedSchemaError(f"{pointer or '/'}: a schema must be an object")
        if "$ref" in schema:
            keyword, reference = "$ref", str(schema["$ref"])
            if reference in seen:
                raise UnsupportedSchemaError(f"{pointer or '/'}: the reference leads to itself")
            seen.add(reference)
            inner, target = _follow(document, reference, pointer)
        elif "allOf" in schema:
            keyword, target = "allOf", f"{pointer}/allOf/0"
            if len(schema["allOf"]) != 1:
                raise UnsupportedSchemaError(f"{pointer or '/'}: allOf cannot be compared")
            inner = schema["allOf"][0]
        else:
            return SchemaNode(document, {**schema, **annotations}, pointer)
        _refuse_constraints_beside(keyword, schema, pointer)
        # What stands beside the reference is nearer and wins over the definition.
        annotations = {key: schema[key] for key in schema if key != keyword} | annotations
        schema, pointer = inner, target


def _refuse_constraints_beside(keyword: str, schema: Mapping[str, Any], pointer: str) -> None:
    beside = [key for key in schema if key != keyword and not is_annotation(key)]
    if beside:
        raise UnsupportedSchemaError(f"{pointer or '/'}: {beside[0]} beside {keyword}")


def _follow(document: Mapping[str, Any], reference: str, pointer: str) -> tuple[Any, str]:
    """The target of a reference and its pointer."""
    if not reference.startswith("#"):
        raise UnsupportedSchemaError(f"{pointer or '/'}: {reference} is another document")
    target: Any = document
    path = unquote(reference[1:])
    for step in path.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or key not in target:
            raise UnsupportedSchemaError(f"{pointer or '/'}: {reference} leads nowhere")
        target = target[key]
    return target, path
