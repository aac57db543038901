import json
from typing import Any

import pytest

from shared.contracts.compatibility import UnsupportedSchemaError, breaking_changes
from tests.shared.contracts.case_opened import CONSUMERS, STORED, breaks, changed, schema


def test_a_constant_is_an_enumeration_of_one() -> None:
    def document(**values: Any) -> dict[str, Any]:
        return {"properties": {"kind": values}}

    constant = document(const="a", type="string")
    assert breaking_changes(constant, document(enum=["a"])) == []
    assert CONSUMERS in breaks(constant, document(enum=["a", "b"], type="string"))


def test_true_and_one_are_different_values() -> None:
    assert len(breaking_changes({"const": 1}, {"const": True})) == 2


def test_the_order_of_a_union_and_the_place_of_a_definition_do_not_matter() -> None:
    new = changed("properties", "site", anyOf=[{"type": "null"}, {"type": "string"}])
    new["properties"]["grade"] = new["$defs"]["Grade"]
    new["$defs"]["Word"] = new["$defs"].pop("Term")
    moved = json.loads(json.dumps(new).replace("#/$defs/Term", "#/$defs/Word"))
    assert breaking_changes(schema(), moved) == []


def test_a_change_inside_a_recursive_definition_is_found_once() -> None:
    new = changed("$defs", "Term", "properties", "code", maxLength=8)
    assert STORED in breaks(schema(), new)


def test_a_union_names_the_members_that_came_and_went() -> None:
    def union(*members: dict[str, Any]) -> dict[str, Any]:
        return {"oneOf": [*members]}

    text, number = {"type": "string"}, {"type": "integer"}
    nested = union(union(text), {"type": "null"})
    assert breaking_changes(nested, union({"type": "null"}, text)) == []
    assert breaks(union(text), union(text, number)).startswith("/oneOf/1: this alternative is new")
    assert breaks(union(text, number), text).startswith("/oneOf/1: this alternative was removed")


def test_members_of_one_type_are_matched_by_what_they_accept_then_by_their_definition() -> None:
    def document(first: int, second: int, *order: str) -> dict[str, Any]:
        definitions = {
            name: {"type": "object", "properties": {"size": {"minimum": least}}}
            for name, least in (("First", first), ("Second", second))
        }
        return {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in order], "$defs": definitions}

    old = document(1, 20, "First", "Second")
    assert breaking_changes(old, document(1, 20, "Second", "First")) == []
    found = breaking_changes(old, document(2, 30, "Second", "First"))
    assert {sentence.split(";")[0] for sentence in found} == {
        "/$defs/First/properties/size: minimum was 1 and is now 2",
        "/$defs/Second/properties/size: minimum was 20 and is now 30",
    }


def test_what_stands_beside_a_reference_wins_over_the_definition() -> None:
    def document(inner: int, beside: int) -> dict[str, Any]:
        reference = {"$ref": "#/$defs/Size", "default": beside}
        return {"properties": {"size": reference}, "$defs": {"Size": {"default": inner}}}

    assert breaking_changes(document(1, 2), document(3, 2)) == []
    assert "the default was 2 and is now 4" in breaks(document(1, 2), document(1, 4))
    wrapped, other = document(1, 2), document(1, 5)
    for one in (wrapped, other):
        one["properties"]["size"] = {"default": 9, "allOf": [one["properties"]["size"]]}
    assert breaking_changes(wrapped, other) == []


def test_a_reference_inside_a_keyword_compared_as_a_whole_is_followed() -> None:
    def document(least: int) -> dict[str, Any]:
        return {
            "type": "array",
            "contains": {"$ref": "#/$defs/Item"},
            "$defs": {"Item": {"minimum": least, "not": {"$ref": "#/$defs/Item"}}},
        }

    assert breaking_changes(document(1), document(1)) == []
    assert "contains" in breaks(document(1), document(2))


@pytest.mark.parametrize(
    ("unsupported", "reason"),
    [
        ({"$ref": "other.json#/a"}, "another document"),
        ({"$ref": "#/$defs/Gone"}, "leads nowhere"),
        ({"$ref": "#/properties/x"}, "leads to itself"),
        ({"$ref": "#/$defs/A", "minLength": 3}, "minLength beside"),
        ({"anyOf": [{}], "minLength": 3}, "minLength beside anyOf"),
        ({"allOf": [{}, {}]}, "allOf cannot be compared"),
        (3, "must be an object"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_its_place(unsupported: Any, reason: str) -> None:
    document = {"properties": {"x": unsupported}, "$defs": {"A": {"type": "string"}}}
    with pytest.raises(UnsupportedSchemaError, match=f"^/properties/x: .*{reason}"):
        breaking_changes(document, document)
