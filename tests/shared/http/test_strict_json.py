"""JSON bodies: what is accepted means one thing only; everything else is refused by name."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.problems import MalformedRequest, TooLarge
from shared.http.strict_json import MAX_BYTES, MAX_DEPTH, decode

# Text that Postgres can store: no NUL, no half of a surrogate pair.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**300), 10**300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def refused(raw: bytes | str, words: str) -> None:
    with pytest.raises(MalformedRequest, match=words):
        decode(raw.encode() if isinstance(raw, str) else raw)


@given(value=VALUES, escaped=st.booleans(), indent=st.sampled_from([None, 2]))
def test_every_json_value_is_read_back_as_it_was_written(
    value: Any, escaped: bool, indent: int | None
) -> None:
    raw = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()
    assert decode(raw) == value


# Pieces out of which broken JSON is soon made.
WORDS = '"a" " : , { } [ ] 1 - e9 . NaN -Infinity null true \\u0000 \\ud800 \\udc00 é //'
PIECES = st.sampled_from([*WORDS.split(" "), " ", "\n", "\t", "\ufeff", "\0", "'"])


@pytest.mark.proves("PLT-4", kind="property")
@given(
    raw=st.binary(max_size=40)
    | st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode())
)
def test_whatever_is_accepted_can_be_written_and_read_again(raw: bytes) -> None:
    try:
        value = decode(raw)
    except MalformedRequest:
        return
    again = json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    assert decode(again) == value
    assert b"\x00" not in again


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("place", ["{}", "[{}]", '{{"a": {}}}', '{{"a": [1, {}]}}'])
def test_a_number_that_is_none_is_refused(constant: str, place: str) -> None:
    refused(place.format(constant), "not JSON numbers")


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1.0e400", "9" * 400 + ".0"])
def test_a_number_beyond_a_double_is_refused_and_not_made_infinite(number: str) -> None:
    refused(f'{{"a": {number}}}', "too large")


@pytest.mark.parametrize("digits", [5000, 100_000])
def test_an_integer_of_thousands_of_digits_is_refused(digits: int) -> None:
    refused("9" * digits, "too many digits")
    refused("-" + "9" * digits, "too many digits")


@pytest.mark.parametrize(
    "raw",
    ['{"a": 1, "a": 1}', '{"a": 1, "b": 2, "\\u0061": 3}', '[{"x": {"a": null, "a": null}}]'],
)
def test_a_name_twice_in_one_object_is_refused(raw: str) -> None:
    refused(raw, "twice")


def test_the_same_name_in_two_objects_is_no_repetition() -> None:
    assert decode(b'[{"a": {"a": 1}}, {"a": 2}]') == [{"a": {"a": 1}}, {"a": 2}]


@pytest.mark.parametrize("half", ["\\ud800", "\\udc00", "\\udc00\\ud800", "a\\ud83db"])
@pytest.mark.parametrize("place", ['"{}"', '["{}"]', '{{"{}": 1}}', '{{"a": "{}"}}'])
def test_half_of_a_surrogate_pair_is_refused_wherever_it_stands(half: str, place: str) -> None:
    refused(place.format(half), "surrogate")


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert decode(b'"\\ud83d\\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize("place", ['"a{}"', '["{}"]', '{{"{}": 1}}', '{{"a": {{"b": "{}"}}}}'])
def test_a_nul_is_refused_wherever_it_stands(place: str) -> None:
    refused(place.format("\\u0000"), "NUL")


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_ends_at_its_limit(opening: str, closing: str) -> None:
    def nested(depth: int) -> bytes:
        return (opening * depth + "1" + closing * depth).encode()

    assert decode(nested(MAX_DEPTH))
    refused(nested(MAX_DEPTH + 1), "nests deeper")
    # As deep as a body can be: the parser must neither crash nor take its time.
    refused(nested(MAX_BYTES // 10), "nests deeper")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'["\\\\",', b'["\\"",', b'["]",', b"[]["])
def test_what_nests_without_end_never_reaches_the_parser(
    opening: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go in until the interpreter stops every call, and with it what is run there by
    chance: a finalizer of something that is collected just then."""

    def asked(*_: Any, **__: Any) -> Any:
        raise AssertionError("the parser was asked")

    monkeypatch.setattr(json, "loads", asked)
    refused(opening * 900, "nests deeper")


@pytest.mark.parametrize(
    "brackets", ["[" * 5_000, "}{" * 5_000, '"[' * 900, "\\[" * 900, '\\"[' * 900]
)
def test_brackets_in_a_text_nest_nothing(brackets: str) -> None:
    value = {brackets: [brackets, {"a": brackets}]}
    assert decode(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "raw",
    [
        b"\xff\xfe{\x00}\x00",
        b'"\xed\xa0\x80"',
        b'"\xc0\x80"',
        b'"\xff"',
        '"é"'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_a_body_in_another_encoding_is_refused(raw: bytes) -> None:
    refused(raw, "not UTF-8")


@pytest.mark.parametrize(
    "raw",
    [
        "",
        " ",
        "{",
        "{} {}",
        "{}x",
        "\ufeff{}",
        "{'a': 1}",
        "{a: 1}",
        '{"a": 1,}',
        "[1,]",
        "01",
        "+1",
        ".5",
        "1.",
        "0x10",
        "1_000",
        "\u0661",
        '"\n"',
        '"\t"',
        "True",
        "nul",
        '"\\x41"',
        '{"a": 1} // comment',
    ],
)
def test_what_is_nearly_json_is_refused_with_its_place(raw: str) -> None:
    refused(raw, r"not JSON: line \d+, column \d+")


def test_a_refusal_never_repeats_what_was_sent() -> None:
    for raw in ('{"CANARY": CANARY}', '{"CANARY": 1, "CANARY": 2}', '"CANARY\\u0000"', '["CANARY'):
        with pytest.raises(MalformedRequest) as caught:
            decode(raw.encode())
        assert "CANARY" not in json.dumps(caught.value.to_json())


def test_size_is_measured_in_bytes_before_anything_is_read() -> None:
    largest = '"' + "é" * ((MAX_BYTES - 2) // 2) + '"'
    assert decode(largest.encode())
    with pytest.raises(TooLarge):
        decode(largest.encode() + b" ")
    with pytest.raises(TooLarge):
        decode(b"\xff" * (MAX_BYTES + 1))


def test_integers_stay_integers_and_fractions_stay_finite() -> None:
    assert decode(b"[9007199254740993, 1.0, -0.0, 1e-400]") == [9007199254740993, 1.0, 0.0, 0.0]
    assert math.copysign(1, decode(b"-0.0")) == -1
