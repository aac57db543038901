import copy
from typing import Any

import pytest

from shared.contracts.compatibility import OPEN_ENUMERATION, breaking_changes
from tests.shared.contracts.case_opened import (
    CONSUMERS,
    STORED,
    CaseOpened,
    breaks,
    changed,
    leads_somewhere,
    pointer_of,
    schema,
)


def test_a_contract_does_not_break_itself() -> None:
    assert breaking_changes(schema(), schema()) == []
    validation = CaseOpened.model_json_schema(mode="validation")
    assert breaking_changes(validation, validation) == []


# Each case: where, what is set there, the pointer named, what breaks by it, and by its reverse.
CHANGES: list[tuple[tuple[str | int, ...], dict[str, Any], str, str, str]] = [
    (("properties", "case"), {"type": "integer"}, "/properties/case", "and consumers", ""),
    (("properties", "case"), {"minLength": 4}, "/properties/case", STORED, CONSUMERS),
    (("properties", "case"), {"maxLength": 9}, "/properties/case", STORED, CONSUMERS),
    (("properties", "case"), {"maxLength": ...}, "/properties/case", CONSUMERS, STORED),
    (("properties", "case"), {"pattern": "^C"}, "/properties/case", STORED, CONSUMERS),
    (("properties", "day"), {"minimum": 2}, "/properties/day", STORED, CONSUMERS),
    (("properties", "day"), {"type": "number"}, "/properties/day", CONSUMERS, STORED),
    (("properties", "day"), {"multipleOf": 7}, "/properties/day", STORED, CONSUMERS),
    (("properties", "opened_at"), {"format": "date"}, "/properties/opened_at", "and cons", ""),
    (("properties", "opened_at"), {"format": ...}, "/properties/opened_at", CONSUMERS, STORED),
    (("properties", "terms"), {"minItems": 2}, "/properties/terms", STORED, CONSUMERS),
    (("properties", "terms"), {"uniqueItems": True}, "/properties/terms", STORED, CONSUMERS),
    (("properties", "terms"), {"items": ...}, "/properties/terms/items", CONSUMERS, STORED),
    (("properties", "terms"), {"contains": {}}, "/properties/terms", STORED, CONSUMERS),
    (("properties", "kind"), {"const": "case_closed"}, "/properties/kind", "", ""),
    (("$defs", "Grade"), {"enum": ["mild"]}, "/$defs/Grade", STORED, CONSUMERS),
    (("$defs", "Grade"), {"enum": ...}, "/$defs/Grade", CONSUMERS, STORED),
    (("$defs", "Term", "properties", "code"), {"pattern": "^x$"}, "/$defs/Term", "and", ""),
    (("properties", "counts"), {"propertyNames": ...}, "/properties/counts", CONSUMERS, STORED),
    (
        ("properties", "counts", "additionalProperties"),
        {"type": "string"},
        "/properties/counts/additionalProperties",
        "and consumers",
        "",
    ),
    (("properties", "counts"), {"additionalProperties": ...}, "", CONSUMERS, STORED),
    (("properties", "counts"), {"additionalProperties": False}, "", STORED, CONSUMERS),
    (("properties", "site"), {"anyOf": [{"type": "string"}]}, "", STORED, CONSUMERS),
    (
        ("properties", "site"),
        {"anyOf": [{"type": "string", "minLength": 1}, {"type": "null"}]},
        "/properties/site/anyOf/0",
        STORED,
        CONSUMERS,
    ),
    (
        ("properties", "span", "anyOf", 0, "prefixItems", 0),
        {"type": "string"},
        "/properties/span/anyOf/0/prefixItems/0",
        "and consumers",
        "",
    ),
    (
        ("properties", "span", "anyOf", 0),
        {"prefixItems": [{"type": "integer"}]},
        "/properties/span/anyOf/0",
        "and consumers",
        "",
    ),
    ((), {"required": []}, "", CONSUMERS, STORED),
    ((), {"additionalProperties": False}, "", STORED, ""),
    ((), {"additionalProperties": {"type": "string"}}, "", STORED, CONSUMERS),
]


@pytest.mark.parametrize(("path", "values", "pointer", "forward", "reverse"), CHANGES)
def test_a_change_of_what_is_accepted_breaks_one_way_or_the_other(
    path: tuple[str | int, ...], values: dict[str, Any], pointer: str, forward: str, reverse: str
) -> None:
    old, new = schema(), changed(*path, **values)
    found = breaking_changes(old, new)
    assert found
    assert all(pointer_of(sentence).startswith(pointer) for sentence in found)
    assert all(forward in sentence for sentence in found)
    for sentence in found:
        where = pointer_of(sentence)
        assert leads_somewhere(old, where) or leads_somewhere(new, where), sentence
    closes_only = values == {"additionalProperties": False} and path == ()
    back = breaking_changes(new, old)
    # Opening a closed contract whose producers write declared properties only breaks nobody.
    assert bool(back) != closes_only
    assert all(reverse in sentence for sentence in back)


def test_a_removed_property_breaks_its_readers_even_where_it_was_optional() -> None:
    new = schema()
    del new["properties"]["site"]
    assert breaks(schema(), new) == (
        f"/properties/site: the property was removed; {CONSUMERS} may refuse or misread new events."
    )


def test_a_new_optional_property_is_fine_where_unknown_ones_are_ignored() -> None:
    new = changed("properties", note={"type": "string"})
    assert breaking_changes(schema(), new) == []


def test_a_new_optional_property_breaks_consumers_of_a_closed_contract() -> None:
    old = changed(additionalProperties=False)
    new = copy.deepcopy(old)
    new["properties"]["note"] = {"type": "string"}
    assert "/properties/note: the property is new and the old contract is closed" in breaks(
        old, new
    )


def test_a_new_property_must_fit_what_the_old_contract_said_about_others() -> None:
    old = changed(additionalProperties={"type": "string"})
    fitting, other = copy.deepcopy(old), copy.deepcopy(old)
    fitting["properties"]["note"] = {"type": "string"}
    other["properties"]["note"] = {"type": "integer"}
    assert breaking_changes(old, fitting) == []
    assert "the type was string and is now integer" in breaks(old, other)


def test_a_new_required_property_breaks_stored_events() -> None:
    new = changed("properties", note={"type": "string"})
    new["required"] = [*schema()["required"], "note"]
    assert breaks(schema(), new).startswith("/properties/note: the property is now required")


def test_a_property_turned_optional_breaks_consumers_and_the_reverse_stored_events() -> None:
    new = schema()
    new["required"].remove("grade")
    assert CONSUMERS in breaks(schema(), new)
    assert STORED in breaks(new, schema())


def test_a_changed_default_changes_the_meaning_of_events_without_the_property() -> None:
    new = changed("properties", "site", default="S01")
    assert "/properties/site: the default was null" in breaks(schema(), new)


def test_a_default_that_is_always_written_out_may_change() -> None:
    old, new = schema(), changed("properties", "site", default="S01")
    for document in (old, new):
        document["required"].append("site")
    assert breaking_changes(old, new) == []


def test_a_new_member_of_an_enumeration_is_fine_only_where_it_was_declared_open() -> None:
    members = ["mild", "severe", "fatal"]
    new = changed("$defs", "Grade", enum=members)
    assert '/$defs/Grade: the value "fatal" is new' in breaks(schema(), new)
    marked = changed("$defs", "Grade", **{OPEN_ENUMERATION: True})
    assert breaking_changes(marked, new) == []
    assert STORED in breaks(marked, changed("$defs", "Grade", enum=["mild"]))


def test_a_property_may_declare_a_shared_enumeration_open() -> None:
    marked = changed("properties", "grade", **{OPEN_ENUMERATION: True})
    new = changed("$defs", "Grade", enum=["mild", "severe", "fatal"])
    # The same enumeration names the keys of ``counts``, where nobody declared it open.
    assert '"fatal" is new' in breaks(marked, new)
    for document in (marked, new):
        del document["properties"]["counts"]
    assert breaking_changes(marked, new) == []


def test_annotations_and_extensions_may_change() -> None:
    new = changed("properties", "case", title="Case", description="x", examples=["abc"])
    new |= {"$id": "urn:x", "$comment": "y", "title": "Z", "x-owner": "safety"}
    assert breaking_changes(schema(), new) == []


def test_a_property_named_like_a_keyword_is_a_property() -> None:
    old = {"properties": {"title": {"type": "string"}, "$ref": {"type": "string"}}}
    new = {"properties": {"$ref": {"type": "string"}}}
    assert "/properties/title: the property was removed" in breaks(old, new)


def test_an_empty_schema_for_other_properties_says_no_more_than_none() -> None:
    silent: dict[str, Any] = {"type": "object"}
    assert breaking_changes(silent | {"additionalProperties": {}}, silent) == []
    assert breaking_changes(silent, silent | {"additionalProperties": {}}) == []


def test_schemas_that_are_booleans_accept_all_or_nothing() -> None:
    anything: dict[str, Any] = {"properties": {"x": True}}
    assert breaking_changes(anything, {"properties": {"x": {}}}) == []
    assert STORED in breaks(anything, {"properties": {"x": False}})


def test_a_required_name_without_a_declaration_is_compared_too() -> None:
    (sentence,) = breaking_changes({}, {"required": ["site"]})
    assert "(site): the property is now required" in sentence


def test_a_pointer_escapes_slashes_and_tildes() -> None:
    old = {"properties": {"a/b~c": {}}}
    assert breaking_changes(old, {})[0].startswith("/properties/a~1b~0c: ")
