from pathlib import Path
from typing import Any

import pytest

from infra.topology.errors import TemplateError
from infra.topology.loader import load_template, parse_template


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("!Ref Bus", {"Ref": "Bus"}),
        ("!Condition IsLive", {"Condition": "IsLive"}),
        ("!GetAtt Queue.Arn", {"Fn::GetAtt": ["Queue", "Arn"]}),
        ("!GetAtt Nested.Outputs.Name", {"Fn::GetAtt": ["Nested", "Outputs.Name"]}),
        ("!GetAtt [Queue, Arn]", {"Fn::GetAtt": ["Queue", "Arn"]}),
        ("!Sub 'a-${Stage}'", {"Fn::Sub": "a-${Stage}"}),
        ("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!Join [',', [a, !Ref B]]", {"Fn::Join": [",", ["a", {"Ref": "B"}]]}),
        ("!If [IsLive, 1, !Ref AWS::NoValue]", {"Fn::If": ["IsLive", 1, {"Ref": "AWS::NoValue"}]}),
        ("!Equals [!Ref Stage, live]", {"Fn::Equals": [{"Ref": "Stage"}, "live"]}),
        ("!Select [0, !GetAZs '']", {"Fn::Select": [0, {"Fn::GetAZs": ""}]}),
        ("{'Fn::Sub': x}", {"Fn::Sub": "x"}),
    ],
)
def test_a_short_tag_becomes_its_long_form(written: str, expected: Any) -> None:
    assert parse_template(f"Value: {written}", "t.yaml") == {"Value": expected}


def test_a_date_stays_text() -> None:
    document = parse_template("AWSTemplateFormatVersion: 2010-09-09", "t.yaml")
    assert document == {"AWSTemplateFormatVersion": "2010-09-09"}


def test_numbers_booleans_and_null_keep_their_types() -> None:
    document = parse_template("A: 3\nB: true\nC: null\nD: '3'\nE: 0.5", "t.yaml")
    assert document == {"A": 3, "B": True, "C": None, "D": "3", "E": 0.5}


def test_an_alias_repeats_the_anchored_value() -> None:
    assert parse_template("A: &x [1]\nB: *x", "t.yaml") == {"A": [1], "B": [1]}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("A: 1\nB: 2\nA: 3", 3, "already set in line 1"),
        ("A:\n  B: {C: 1, C: 2}", 2, "'C' was already set in line 2"),
        ("A: !Sub\n  - x\n  - {B: 1, B: 2}", 3, "'B' was already set"),
        ("A: 1\nB: !Rf X", 2, "!Rf is not an intrinsic function"),
        ("A: !GetAtt Queue", 1, "a resource and an attribute"),
        ("A: !GetAtt [Queue]", 1, "a resource and an attribute"),
        ("A: !Ref [a]", 1, "takes one name"),
        ("A: !Ref ''", 1, "takes one name"),
        ("A: &x {B: 1}\nC:\n  <<: *x", 3, "merge key"),
        ("A: 1\n? [a, b]\n: 2", 2, "a key must be a plain value"),
        ("A: 1\n  B: 2", 2, "mapping values are not allowed"),
        ("A: !!python/object/apply:os.getcwd []", 1, "could not determine a constructor"),
        ("- a\n- b", 1, "must be a mapping"),
        ("", 1, "must be a mapping"),
    ],
)
def test_a_faulty_template_is_refused_with_file_and_line(
    text: str, line: int, problem: str
) -> None:
    with pytest.raises(TemplateError, match=f"^t.yaml:{line}: .*{problem}"):
        parse_template(text, "t.yaml")


def test_an_unprintable_character_is_refused() -> None:
    with pytest.raises(TemplateError, match=r"^t\.yaml: "):
        parse_template("A: '\x00'", "t.yaml")


def test_a_missing_file_and_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="cannot be read"):
        load_template(tmp_path / "absent.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"A: \xff")
    with pytest.raises(TemplateError, match="cannot be read"):
        load_template(tmp_path / "latin.yaml")


def test_a_template_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}\n", encoding="utf-8")
    assert load_template(tmp_path / "template.yaml") == {"Resources": {}}
