"""Every published example: to half a unit of its last decimal, plus 1e-4 for at most four."""

import json
from typing import Any

import pytest

from services.analytics.domain.account.rates import known_methods, rate_answer
from tests.services.analytics.reference import REFERENCE

Example = dict[str, Any]
# Of these the source prints fewer decimals than of what else the example holds.
P_DECIMALS = {"pearson_chisq_yates": 4}


def examples(*kinds: str) -> list[Example]:
    path = REFERENCE / "proportions.json"
    if not path.exists():
        return []
    found: list[Example] = json.loads(path.read_text(encoding="utf-8"))["examples"]
    return [each for each in found if not kinds or each["kind"] in kinds]


def tolerance(decimals: int) -> float:
    return 0.5 * 10.0**-decimals + (1e-4 if decimals <= 4 else 0.0)


@pytest.mark.skipif(not examples(), reason=f"published examples absent: {REFERENCE}")
def test_every_method_has_an_example_and_every_example_a_method() -> None:
    assert {(each["kind"], each["method"]) for each in examples()} == set(known_methods())


@pytest.mark.parametrize(
    "example",
    [each for each in examples() if each["kind"] not in {"test", "cmh"}],
    ids=lambda each: each["id"],
)
def test_limits(example: Example) -> None:
    found, allowed = rate_answer(example), tolerance(example["decimals"])
    for name in {"lower", "upper", "estimate"} & example.keys():
        assert found[name] == pytest.approx(example[name], abs=allowed), name


@pytest.mark.parametrize("example", examples("test"), ids=lambda each: each["id"])
def test_p_values(example: Example) -> None:
    found = rate_answer(example)
    printed = P_DECIMALS.get(example["method"], example["decimals"])
    assert found["p"] == found["p_value"] == pytest.approx(example["p"], abs=0.5 * 10.0**-printed)
    if "statistic" in example:
        assert found["statistic"] == pytest.approx(example["statistic"], abs=0.005)


@pytest.mark.parametrize("example", examples("cmh"), ids=lambda each: each["id"])
def test_mantel_haenszel(example: Example) -> None:
    found = rate_answer(example)
    for name in ("statistic", "p", "common_or"):
        assert found[name] == pytest.approx(example[name], rel=1e-10), name
    for name in ("or_lower", "or_upper"):
        assert found[name] == pytest.approx(example[name], rel=1e-8), name
