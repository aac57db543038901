from typing import Any

import pytest

from infra.topology.pattern import compile_pattern


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return compile_pattern(pattern).matches(event)


ENVELOPE = {
    "source": "induct.safety",
    "detail-type": "safety.case_opened",
    "detail": {"data": {"site": "S01", "grade": 4, "serious": True, "terms": ["Sepsis", "Fever"]}},
}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["S02", "S01"], True),
        (["s01"], False),
        ([{"prefix": "S0"}], True),
        ([{"prefix": {"equals-ignore-case": "s0"}}], True),
        ([{"prefix": {"equals-ignore-case": "s1"}}], False),
        ([{"suffix": "01"}], True),
        ([{"suffix": {"equals-ignore-case": "S01"}}], True),
        ([{"suffix": {"equals-ignore-case": ""}}], True),
        ([{"suffix": {"equals-ignore-case": "SS01"}}], False),
        ([{"equals-ignore-case": "s01"}], True),
        ([{"wildcard": "S*1"}], True),
        ([{"wildcard": "S*2"}], False),
        ([{"wildcard": "S\\*1"}], False),
        ([{"anything-but": "S01"}], False),
        ([{"anything-but": ["S02", "S03"]}], True),
        ([{"anything-but": {"prefix": "S"}}], False),
        ([{"anything-but": {"suffix": ["02", "01"]}}], False),
        ([{"anything-but": {"equals-ignore-case": "s01"}}], False),
        ([{"anything-but": {"wildcard": "*9"}}], True),
        ([{"exists": True}], True),
        ([{"exists": False}], False),
        ([{"exists": False}, "S01"], True),
    ],
)
def test_a_text_filter_accepts_only_what_it_names(filters: list[Any], expected: bool) -> None:
    assert matches({"detail": {"data": {"site": filters}}}, ENVELOPE) is expected


@pytest.mark.parametrize(
    ("operand", "expected"),
    [
        (["=", 4], True),
        (["=", 4.0], True),
        ([">", 4], False),
        ([">=", 4], True),
        ([">", 3, "<", 5], True),
        ([">", 4, "<=", 5], False),
        (["<", -1.5], False),
    ],
)
def test_a_numeric_filter_compares_values_not_their_text(
    operand: list[Any], expected: bool
) -> None:
    assert matches({"detail": {"data": {"grade": [{"numeric": operand}]}}}, ENVELOPE) is expected


def test_all_keys_must_hold_and_any_filter_of_a_key_is_enough() -> None:
    wanted = {"source": ["induct.safety"], "detail": {"data": {"site": ["S02", "S01"]}}}
    assert matches(wanted, ENVELOPE)
    assert not matches({**wanted, "source": ["induct.analytics"]}, ENVELOPE)


def test_an_array_in_the_event_matches_when_one_member_does() -> None:
    assert matches({"detail": {"data": {"terms": ["Fever", "Rash"]}}}, ENVELOPE)
    assert not matches({"detail": {"data": {"terms": ["Rash"]}}}, ENVELOPE)


def test_an_or_joins_its_objects_and_is_anded_with_its_siblings() -> None:
    pattern = {
        "source": [{"prefix": "induct."}],
        "detail": {"data": {"$or": [{"site": ["S09"]}, {"grade": [{"numeric": [">=", 3]}]}]}},
    }
    assert matches(pattern, ENVELOPE)
    assert not matches({**pattern, "source": ["other"]}, ENVELOPE)
    assert not matches({"$or": [{"source": ["x"]}, {"detail-type": ["y"]}]}, ENVELOPE)


# What moto gets wrong, so that the differential test cannot prove it.


def test_true_is_neither_the_number_one_nor_a_number() -> None:
    assert not matches({"n": [True]}, {"n": 1})
    assert not matches({"n": [False]}, {"n": 0})
    assert not matches({"n": [{"numeric": ["=", 1]}]}, {"n": True})
    assert matches({"n": [True]}, {"n": True})
    assert matches({"n": [{"numeric": ["=", 1]}]}, {"n": 1})


def test_objects_inside_an_array_are_searched_and_one_member_must_meet_all_keys() -> None:
    event = {"people": [{"first": "Anna", "last": "Smith"}, {"first": "Peter", "last": "Jones"}]}
    assert matches({"people": {"first": ["Anna"]}}, event)
    assert matches({"people": {"first": ["Anna"], "last": ["Smith"]}}, event)
    assert not matches({"people": {"first": ["Anna"], "last": ["Jones"]}}, event)


def test_the_member_of_the_array_is_kept_across_nested_objects_and_other_keys() -> None:
    event = {
        "forms": [
            {"visit": "A", "items": [{"code": "x", "value": "1"}]},
            {"visit": "B", "items": [{"code": "y", "value": "1"}, {"code": "x", "value": "2"}]},
        ]
    }
    inside = {"code": ["x"], "value": ["1"]}
    assert matches({"forms": {"visit": ["A"], "items": inside}}, event)
    assert not matches({"forms": {"visit": ["B"], "items": inside}}, event)


def test_nested_arrays_are_flattened() -> None:
    assert matches({"codes": ["b"]}, {"codes": [["a"], ["b"]]})
    assert matches({"forms": {"code": ["b"]}}, {"forms": [[{"code": "a"}], [{"code": "b"}]]})


def test_absence_inside_an_array_is_judged_for_the_member_that_meets_the_other_keys() -> None:
    event = {"items": [{"code": "x", "reason": "late"}, {"code": "y"}]}
    assert not matches({"items": {"code": ["x"], "reason": [{"exists": False}]}}, event)
    assert matches({"items": {"code": ["y"], "reason": [{"exists": False}]}}, event)
    assert not matches({"items": {"reason": [{"exists": False}]}}, event)
    # Keys are met in the order of their names: here no member was chosen before.
    assert not matches({"items": {"code": [{"exists": False}], "reason": ["late"]}}, event)
    earlier = {"items": [{"at": "x", "code": "x"}, {"code": "y"}]}
    assert not matches({"items": {"at": [{"exists": False}], "code": ["y"]}}, earlier)


def test_a_dotted_key_in_an_event_is_not_a_nested_path() -> None:
    assert not matches({"detail": {"site": ["S01"]}}, {"detail.site": "S01"})
    assert matches({"detail": {"site": [{"exists": False}]}}, {"detail.site": "S01"})


@pytest.mark.parametrize("empty", [{}, [], [[]], {"inner": {}}, {"inner": "leaf"}])
def test_exists_looks_at_leaves_so_containers_count_as_absent(empty: Any) -> None:
    assert not matches({"site": [{"exists": True}]}, {"site": empty})
    assert matches({"site": [{"exists": False}]}, {"site": empty})


def test_null_is_a_value_that_exists() -> None:
    assert matches({"site": [{"exists": True}]}, {"site": None})
    assert matches({"site": [None]}, {"site": None})
    assert not matches({"site": [None]}, {})


def test_an_escaped_star_or_backslash_in_a_wildcard_stands_for_itself() -> None:
    pattern = {"note": [{"wildcard": "a\\*b\\\\*"}]}
    assert matches(pattern, {"note": "a*b\\and more"})
    assert not matches(pattern, {"note": "a-b\\and more"})
    assert not matches(pattern, {"note": "a\\*b\\and more"})
    assert not matches(pattern, {"note": "a*b*"})


def test_a_wildcard_crosses_line_ends() -> None:
    assert matches({"note": [{"wildcard": "first*last"}]}, {"note": "first\nlast"})


def test_letter_case_is_folded_only_within_ascii() -> None:
    kelvin_sign = "\u212a"
    assert not matches({"unit": [{"equals-ignore-case": "k"}]}, {"unit": kelvin_sign})


class CountedText(str):
    """A text that counts how often its beginning was looked at."""

    __slots__ = ()
    looks = 0

    def startswith(self, *arguments: Any) -> bool:
        CountedText.looks += 1
        return super().startswith(*arguments)


def test_the_members_of_an_array_of_texts_are_not_combined_with_those_of_another() -> None:
    values = [CountedText(number) for number in range(20)]
    keys = ["a", "b", "c", "d"]
    pattern: dict[str, Any] = {key: [{"prefix": ""}] for key in keys}
    assert matches(pattern, dict.fromkeys(keys, values))
    assert CountedText.looks <= len(keys) * len(values)


def test_an_event_pattern_keeps_its_source() -> None:
    pattern = {"source": ["induct.safety"]}
    assert compile_pattern(pattern).source == pattern
