from typing import Any

import pytest

from infra.topology.pattern import PatternError, compile_pattern


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ({}, "empty objects"),
        ({"detail": {}}, "empty objects"),
        ({"source": []}, "empty lists"),
        ({"source": "induct"}, "an object or a list"),
        ({"source": [["induct"]]}, "a filter must be"),
        ({"source": [3]}, "numeric"),
        ({"source": [{"anything-but": [3]}]}, "list of strings"),
        ({"source": [{"anything-but": []}]}, "list of strings"),
        ({"source": [{"anything-but": ""}]}, "list of strings"),
        ({"source": [{"anything-but": {"numeric": ["=", 1]}}]}, "not supported here"),
        ({"source": [{"cidr": "10.0.0.0/8"}]}, "'cidr' is not supported"),
        ({"source": [{"Ref": "Stage"}]}, "'Ref' is not supported"),
        ({"source": [{"prefix": "a", "suffix": "b"}]}, "exactly one operator"),
        ({"source": [{}]}, "exactly one operator"),
        ({"source": [{"prefix": 3}]}, "expected a string"),
        ({"source": [{"prefix": ["a", "b"]}]}, "expected a string"),
        ({"source": [{"prefix": {"suffix": "b"}}]}, "not supported here"),
        ({"source": [{"equals-ignore-case": "ß"}]}, "ASCII"),
        ({"source": [{"wildcard": "a**b"}]}, "two wildcards"),
        ({"source": [{"wildcard": "a\\b"}]}, "backslash"),
        ({"source": [{"wildcard": "a\\"}]}, "backslash"),
        ({"source": [{"exists": "yes"}]}, "true or false"),
        ({"source": [{"exists": True, "prefix": "a"}]}, "exactly one operator"),
        ({"n": [{"numeric": []}]}, "expected"),
        ({"n": [{"numeric": ["=", "3"]}]}, "bounds"),
        ({"n": [{"numeric": ["=", True]}]}, "bounds"),
        ({"n": [{"numeric": ["=", float("nan")]}]}, "bounds"),
        ({"n": [{"numeric": ["=", 6e9]}]}, "bounds"),
        ({"n": [{"numeric": ["=", 0.0000001]}]}, "bounds"),
        ({"n": [{"numeric": ["!=", 3]}]}, "operators"),
        ({"n": [{"numeric": ["<", 5, ">", 3]}]}, "lower bound first"),
        ({"n": [{"numeric": [">", 5, "<", 3]}]}, "below"),
        ({"$or": [{"a": ["x"]}]}, "at least two"),
        ({"$or": {"a": ["x"]}}, "at least two"),
        ({"$or": [{"a": ["x"]}, "b"]}, "at least two"),
        ({"a": ["x"], "$or": [{"a": ["y"]}, {"b": ["z"]}]}, "inside and outside"),
        ({"detail.site": ["S01"]}, "dot"),
        ({1: ["x"]}, "not a name"),
    ],
)
def test_a_pattern_that_aws_or_this_engine_could_misread_is_refused(
    pattern: dict[str, Any], reason: str
) -> None:
    with pytest.raises(PatternError, match=reason):
        compile_pattern(pattern)


def test_a_pattern_with_too_many_combinations_is_refused() -> None:
    pattern: dict[str, Any] = {}
    node = pattern
    for level in range(10):
        node["$or"] = [{f"l{level}_{side}": ["x"]} for side in range(3)]
        node = node.setdefault(f"in{level}", {})
    node["leaf"] = ["x"]
    with pytest.raises(PatternError, match="combinations"):
        compile_pattern(pattern)


def test_an_error_names_the_path_of_the_faulty_filter() -> None:
    with pytest.raises(PatternError, match=r"^pattern/detail/site/prefix: "):
        compile_pattern({"detail": {"site": [{"prefix": 1}]}})
