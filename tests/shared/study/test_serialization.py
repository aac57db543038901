"""A definition keeps its identity through storage: canonical JSON, hash, round trip."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.study import (
    StudyDefinition,
    canonical_json,
    definition_hash,
    from_json,
    to_json,
)
from shared.study.loading import load_definition, load_text, shipped_definitions
from tests.support.examples import examples

SHIPPED = {name: load_definition(path) for name, path in shipped_definitions().items()}
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_definition_read_back_from_storage_equals_the_stored_one(name: str) -> None:
    definition = SHIPPED[name]
    for stored in (
        to_json(definition),
        canonical_json(definition),
        canonical_json(definition).encode(),
    ):
        read = from_json(stored)
        assert read == definition
        assert definition_hash(read) == definition_hash(definition)


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_canonical_json_has_sorted_keys_no_whitespace_and_no_floats(name: str) -> None:
    text = canonical_json(SHIPPED[name])

    def no_float(number: str) -> None:
        raise AssertionError(f"a float: {number}")

    data = json.loads(text, parse_float=no_float, parse_constant=no_float)
    assert text == json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


@examples(0.2)
@given(seed=st.integers(0, 2**32))
def test_the_hash_does_not_depend_on_the_order_of_keys(seed: int) -> None:
    definition = SHIPPED["NCT05748171"]
    shuffled = shuffle(to_json(definition), random.Random(seed))
    assert definition_hash(from_json(shuffled)) == definition_hash(definition)


def shuffle(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        return {key: shuffle(value[key], chance) for key in keys}
    return [shuffle(entry, chance) for entry in value] if isinstance(value, list) else value


def leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, (*path, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves(entry, (*path, index))
    elif isinstance(value, str):
        yield path


FREE_TEXT = ("title", "label", "text", "note", "description", "time_frame")
TEXT_LEAVES = [path for path in leaves(to_json(SHIPPED["NCT05748171"])) if path[-1] in FREE_TEXT]


@examples(0.4)
@given(path=st.sampled_from(TEXT_LEAVES))
def test_the_hash_changes_with_any_value(path: tuple[str | int, ...]) -> None:
    changed = to_json(SHIPPED["NCT05748171"])
    holder: Any = changed
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = holder[path[-1]][:30] + "#"
    assert definition_hash(from_json(changed)) != definition_hash(SHIPPED["NCT05748171"])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("minus_days: 27, plus_days: 1", "minus_days: 26, plus_days: 1"),
        ('maximum: 4}', 'maximum: "4.5"}'),
        ("block_sizes: [3, 6, 9]", "block_sizes: [3, 6]"),
        ("    arm_revealing: true\n    date_item: dose_date", "    date_item: dose_date"),
        ("days_after: 60, source: record", "days_after: 60, source: listing"),
    ],
)  # fmt: skip
def test_the_hash_changes_with_numbers_switches_and_sources(
    shipped: dict[str, Path], old: str, new: str
) -> None:
    text = shipped["NCT05748171"].read_text("utf-8")
    assert text.count(old) == 1
    changed = load_text(text.replace(old, new))
    assert definition_hash(changed) != definition_hash(SHIPPED["NCT05748171"])


def test_small_decimals_are_stored_as_plain_digits(nct: StudyDefinition) -> None:
    stored = to_json(nct)
    stored["thresholds"][0]["value"] = "0.00000001"
    assert to_json(from_json(stored))["thresholds"][0]["value"] == "0.00000001"


def test_stored_json_with_a_float_or_an_unknown_field_is_refused(nct: StudyDefinition) -> None:
    for section, field, value in (("analysis", "alpha", 0.05), ("identity", "colour", "red")):
        stored = to_json(nct)
        stored[section][field] = value
        with pytest.raises(ValidationError):
            from_json(stored)


def test_reading_stored_json_needs_neither_yaml_nor_any_part_of_a_web_stack() -> None:
    code = (
        "import sys, shared.study, shared.study.derivation, shared.study.values\n"
        "shared.study.from_json(sys.stdin.read())\n"
        "print([m for m in ('yaml', 'fastapi', 'sqlalchemy', 'numpy') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        input=canonical_json(SHIPPED["NCT05748171"]),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert result.stdout.strip() == "[]"
