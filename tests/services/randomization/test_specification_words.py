"""A specification in words: complete for every scheme, and without the numbers of any."""

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from services.randomization import specification_words as words
from shared.study import from_json, to_json
from shared.study.criteria import Predicate
from shared.study.randomization import Randomization
from shared.study.schemes import Scheme
from tests.support.definitions import shipped

STUDY = to_json(shipped("NCT05748171"))
SOURCE = {"kind": "assumed", "note": "test"}
SCHEMES: list[dict[str, Any]] = [
    {"method": "permuted_blocks", "block_sizes": [3], "capacity_per_stratum": 30},
    {"method": "uploaded_list", "slots_per_stratum": 30},
    {"method": "minimisation", "probability": "4/5", "measure": "range", "draws": 30},
    {"method": "biased_coin", "probability": "2/3", "capacity_per_stratum": 30},
    {"method": "big_stick", "limit": 3, "capacity_per_stratum": 30},
]


def randomization(**changes: Any) -> Randomization:
    content = STUDY | {"randomization": STUDY["randomization"] | changes}
    return from_json(content).randomization


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda scheme: scheme["method"])
def test_a_scheme_is_told_without_its_numbers(scheme: dict[str, Any]) -> None:
    told = " ".join(words.method(randomization(scheme=scheme | {"source": SOURCE})))
    assert len(told) > 100
    assert not any(character.isdigit() for character in told)


def test_every_scheme_is_told() -> None:
    (union, *_) = get_args(Scheme)
    methods = {get_args(one.model_fields["method"].annotation)[0] for one in get_args(union)}
    assert methods == {scheme["method"] for scheme in SCHEMES}


@pytest.mark.parametrize(
    ("predicate", "told"),
    [
        ({"item": "a", "op": "eq", "value": True}, "a is true"),
        ({"item": "a", "op": "in", "value": ["x", "y"]}, "a is one of x, y"),
        ({"item": "a", "op": "absent"}, "a is not given"),
        ({"item": "a", "op": "le", "value_from": "b", "times": "2.5"}, "a is at most 2.5 times b"),
        (
            {"item": "a", "op": "before", "value_from": "b", "plus": {"years": 1, "days": 3}},
            "a is before b plus 1 year 3 days",
        ),
        (
            {"all": [{"item": "a", "op": "present"},
                     {"any": [{"item": "b", "op": "gt", "value": 1},
                              {"not": {"item": "c", "op": "present"}}]}]},
            "a is given and (b is more than 1 or not (c is given))",
        ),
    ],
)  # fmt: skip
def test_a_derivation_is_told_as_it_is_evaluated(predicate: dict[str, Any], told: str) -> None:
    adapter: TypeAdapter[Predicate] = TypeAdapter(Predicate)
    assert words.derivation(adapter.validate_python(predicate, strict=False)) == told


def test_a_level_that_is_stated_has_no_derivation() -> None:
    assert words.derivation(None) == ""


def test_rules_around_an_allocation_are_told_with_their_limits() -> None:
    none = randomization(replacement=None, forced=None, downtime=None)
    some = randomization(
        replacement={"rule": "next_number", "limit": 4, "source": SOURCE},
        forced={"limit": 2, "source": SOURCE},
        downtime={"envelopes_per_stratum": 6, "source": SOURCE},
    )
    for tell, limit in ((words.replacement, 4), (words.forced, 2), (words.downtime, 6)):
        assert not any(character.isdigit() for character in tell(none))
        assert str(limit) in tell(some).split()
