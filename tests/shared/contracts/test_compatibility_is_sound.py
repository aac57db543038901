"""What ``breaking_changes`` passes must hold for real values, judged by the jsonschema library.

Contracts are generated, changed at random, and wherever no breaking change is reported, values of
the old contract must validate against the new one and the reverse. Values hold declared properties
only, as producers write them.
"""

import copy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from shared.contracts.compatibility import breaking_changes
from tests.shared.contracts.case_opened import leads_somewhere, pointer_of
from tests.support.examples import examples

Schema = dict[str, Any]
NAMES = st.sampled_from(["a", "b", "c"])
SMALL = st.integers(0, 3)


def scalars() -> st.SearchStrategy[Schema]:
    text = st.fixed_dictionaries(
        {"type": st.just("string")}, optional={"minLength": SMALL, "maxLength": st.just(4)}
    )
    number = st.fixed_dictionaries(
        {"type": st.sampled_from(["integer", "number"])},
        optional={"minimum": SMALL, "exclusiveMaximum": st.integers(4, 5)},
    )
    listed = st.lists(st.sampled_from(["x", "y", 1, True, None]), min_size=1, unique_by=repr)
    fixed = listed.map(lambda members: {"enum": members}) | st.builds(
        lambda member: {"const": member}, st.sampled_from(["x", 1])
    )
    return text | number | fixed | st.sampled_from([{"type": "null"}, {"type": "boolean"}])


def unions(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.lists(inner, min_size=1, max_size=3).map(lambda members: {"anyOf": members})


def objects(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    # One absent keyword in two, so that open and closed contracts are both frequent.
    others = st.just({}) | st.just({"additionalProperties": False})

    def build(properties: dict[str, Schema], chosen: set[str], closed: Schema) -> Schema:
        required = sorted(chosen & set(properties))
        return {"type": "object", "properties": properties, "required": required, **closed}

    names = st.sets(NAMES)
    return st.builds(build, st.dictionaries(NAMES, inner, max_size=3), names, others)


def arrays(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner},
        optional={"minItems": st.integers(0, 1), "maxItems": st.integers(2, 3)},
    )


REFERENCE = st.just({"$ref": "#/$defs/Shared"})
PARTS = st.recursive(
    scalars() | REFERENCE,
    lambda inner: objects(inner) | arrays(inner) | unions(inner),
    max_leaves=5,
)


def documents() -> st.SearchStrategy[Schema]:
    return st.builds(
        lambda shared, body: {**body, "$defs": {"Shared": shared}}, scalars(), objects(PARTS)
    )


@st.composite
def changed(draw: st.DrawFn, old: Schema) -> Schema:
    """A few random changes of the properties of a document."""
    new = copy.deepcopy(old)
    for _ in range(draw(st.integers(0, 2))):
        name = draw(NAMES)
        kind = draw(st.sampled_from(["put", "drop", "require", "relax", "toggle", "share", "turn"]))
        _change(draw, new, name, kind)
    return new


def _change(draw: st.DrawFn, new: Schema, name: str, kind: str) -> None:
    properties, required = new["properties"], new["required"]
    if kind == "put":
        properties[name] = draw(PARTS)
    elif kind == "drop" and name in properties:
        del properties[name]
        new["required"] = [other for other in required if other != name]
    elif kind == "require" and name in properties and name not in required:
        required.append(name)
    elif kind == "relax" and name in required:
        required.remove(name)
    elif kind == "toggle" and new.pop("additionalProperties", True) is True:
        new["additionalProperties"] = False
    elif kind == "share":
        new["$defs"]["Shared"] = draw(scalars())
    elif kind == "turn" and "anyOf" in properties.get(name, {}):
        properties[name]["anyOf"].reverse()


def values(document: Schema, schema: Schema) -> st.SearchStrategy[Any]:
    """Values that a producer bound to the contract may write."""
    if "$ref" in schema:
        return values(document, document["$defs"]["Shared"])
    if "anyOf" in schema:
        return st.one_of([values(document, member) for member in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if schema["type"] == "object":
        fixed = {name: values(document, part) for name, part in schema["properties"].items()}
        required = {name: fixed.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(required, optional=fixed)
    if schema["type"] == "array":
        least, most = schema.get("minItems", 0), schema.get("maxItems", 3)
        return st.lists(values(document, schema["items"]), min_size=least, max_size=most)
    return _scalar_values(schema)


def _scalar_values(schema: Schema) -> st.SearchStrategy[Any]:
    low, high = schema.get("minimum", -1), schema.get("exclusiveMaximum", 6)
    longest = schema.get("maxLength", 5)
    return {
        "string": lambda: st.text("xy", min_size=schema.get("minLength", 0), max_size=longest),
        "integer": lambda: st.integers(low, high - 1),
        "number": lambda: st.floats(low, high, exclude_max=True) | st.integers(low, high - 1),
        "null": st.none,
        "boolean": st.booleans,
    }[schema["type"]]()


@examples(4)
@given(st.data())
def test_where_nothing_breaks_values_of_each_contract_satisfy_the_other(
    data: st.DataObject,
) -> None:
    old = data.draw(documents())
    new = data.draw(changed(old))
    if breaking_changes(old, new):
        return
    for writer, reader in ((old, new), (new, old)):
        value = data.draw(values(writer, writer))
        Draft202012Validator(reader).validate(value)


@examples(2)
@given(documents())
def test_a_generated_contract_does_not_break_itself(document: Schema) -> None:
    assert breaking_changes(document, document) == []
    assert breaking_changes(document, copy.deepcopy(document)) == []


@examples(2)
@given(st.data())
def test_every_sentence_names_a_place_that_exists_in_one_of_the_documents(
    data: st.DataObject,
) -> None:
    old = data.draw(documents())
    new = data.draw(changed(old))
    for sentence in breaking_changes(old, new):
        pointer = pointer_of(sentence)
        assert leads_somewhere(old, pointer) or leads_somewhere(new, pointer), sentence
