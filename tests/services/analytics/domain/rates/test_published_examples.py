"""Every published example: to half a unit of its last decimal, plus 1e-4 for at most four."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from services.analytics.domain.estimate import Estimate, Statistic
from services.analytics.domain.rates.closed_difference import DifferenceLimits, rate_difference
from services.analytics.domain.rates.exact_difference import exact_difference
from services.analytics.domain.rates.exact_tests import fisher, pearson, suissa_shuster
from services.analytics.domain.rates.log_ratio import log_ratio
from services.analytics.domain.rates.mantel_haenszel import mantel_haenszel
from services.analytics.domain.rates.score_difference import (
    ScoreMethod,
    StratumWeights,
    score_difference,
)
from services.analytics.domain.rates.score_ratio import RatioMethod, score_ratio
from services.analytics.domain.rates.single import ProportionLimits, proportion
from services.analytics.domain.rates.table import TwoByTwo
from tests.services.analytics.reference import REFERENCE

Example = dict[str, Any]
Tables = list[TwoByTwo]


def examples() -> list[Example]:
    path = REFERENCE / "proportions.json"
    if not path.exists():
        return []
    found: list[Example] = json.loads(path.read_text(encoding="utf-8"))["examples"]
    return found


def tables(example: Example) -> Tables:
    columns = [example["input"][name] for name in ("x1", "n1", "x2", "n2")]
    rows = zip(*(each if isinstance(each, list) else [each] for each in columns), strict=True)
    return [TwoByTwo(*row) for row in rows]


def by_score(method: ScoreMethod, weights: StratumWeights) -> Callable[[Tables, float], Statistic]:
    return lambda strata, level: score_difference(strata, level, method, weights).effect


def by_ratio(method: RatioMethod) -> Callable[[Tables, float], Statistic]:
    return lambda strata, level: score_ratio(strata, level, method).effect


def in_closed_form(limits: DifferenceLimits) -> Callable[[Tables, float], Statistic]:
    return lambda strata, level: rate_difference(strata[0], level, limits)


MN, MH = ScoreMethod.MIETTINEN_NURMINEN, StratumWeights.MH
EFFECTS: dict[tuple[str, str], Callable[[Tables, float], Statistic]] = {
    ("risk_difference", "miettinen_nurminen"): by_score(MN, MH),
    ("risk_difference", "mee"): by_score(ScoreMethod.MEE, MH),
    ("risk_difference", "newcombe_wilson"): in_closed_form(DifferenceLimits.NEWCOMBE),
    ("risk_difference", "newcombe_wilson_cc"): in_closed_form(DifferenceLimits.NEWCOMBE_CC),
    ("risk_difference", "wald"): in_closed_form(DifferenceLimits.WALD),
    ("risk_difference", "agresti_caffo"): in_closed_form(DifferenceLimits.AGRESTI_CAFFO),
    ("risk_difference", "hauck_anderson"): in_closed_form(DifferenceLimits.HAUCK_ANDERSON),
    ("risk_difference", "exact_unconditional_two_one_sided"): (
        lambda strata, level: exact_difference(strata[0], level)
    ),
    ("risk_ratio", "miettinen_nurminen"): by_ratio(RatioMethod.MIETTINEN_NURMINEN),
    ("risk_ratio", "koopman"): by_ratio(RatioMethod.KOOPMAN),
    ("risk_ratio", "katz_log"): lambda strata, level: log_ratio(strata[0], level),
    ("odds_ratio", "miettinen_nurminen"): by_ratio(RatioMethod.ODDS),
    ("stratified_risk_difference", "miettinen_nurminen_score_mh_weights"): by_score(MN, MH),
    ("stratified_risk_difference", "miettinen_nurminen_score_iterative_mn_weights"): by_score(
        MN, StratumWeights.MN
    ),
    ("stratified_risk_difference", "scas_inverse_variance_score_weights"): by_score(
        ScoreMethod.SCAS, StratumWeights.IV
    ),
    ("stratified_risk_ratio", "score_no_bias_correction_tang_weights"): by_ratio(RatioMethod.TANG),
}
LIMITS = {
    "clopper_pearson": ProportionLimits.CLOPPER_PEARSON,
    "mid_p": ProportionLimits.MID_P,
    "wilson": ProportionLimits.WILSON,
    "wilson_cc": ProportionLimits.WILSON_CC,
}


def tolerance(decimals: int) -> float:
    return 0.5 * 10.0**-decimals + (1e-4 if decimals <= 4 else 0.0)


def holds(example: Example, found: Estimate) -> None:
    allowed = tolerance(example["decimals"])
    assert found.lower == pytest.approx(example["lower"], abs=allowed)
    assert found.upper == pytest.approx(example["upper"], abs=allowed)
    if "estimate" in example:
        assert found.value == pytest.approx(example["estimate"], abs=allowed)


@pytest.mark.skipif(not examples(), reason=f"published examples absent: {REFERENCE}")
def test_no_kind_of_example_is_left_out() -> None:
    known = {*EFFECTS, *(("proportion", name) for name in LIMITS)}
    known |= {("test", name) for name in TESTS} | {CMH}
    assert {(each["kind"], each["method"]) for each in examples()} == known


@pytest.mark.parametrize(
    "example",
    [each for each in examples() if each["kind"] not in {"test", "cmh"}],
    ids=lambda each: each["id"],
)
def test_limits(example: Example) -> None:
    level = example["input"]["level"]
    if example["kind"] == "proportion":
        method = LIMITS[example["method"]]
        found = proportion(example["input"]["x"], example["input"]["n"], level, method)
    else:
        found = EFFECTS[example["kind"], example["method"]](tables(example), level)
    holds(example, found.estimate)


TESTS: dict[str, Callable[[TwoByTwo], float | None]] = {
    "fisher_exact_two_sided": lambda table: fisher(table).estimate.value,
    "fisher_mid_p": lambda table: fisher(table, mid_p=True).estimate.value,
    "pearson_chisq_yates": lambda table: pearson(table, continuity=True).p,
    "suissa_shuster_exact_unconditional": lambda table: suissa_shuster(table).estimate.value,
}
CMH = ("cmh", "cochran_mantel_haenszel_no_continuity")


@pytest.mark.parametrize(
    "example", [e for e in examples() if e["kind"] == "test"], ids=lambda each: each["id"]
)
def test_p_values(example: Example) -> None:
    found = TESTS[example["method"]](tables(example)[0])
    printed = 4 if example["method"] == "pearson_chisq_yates" else example["decimals"]
    assert found == pytest.approx(example["p"], abs=0.5 * 10.0**-printed)
    if "statistic" in example:
        statistic = pearson(tables(example)[0], continuity=True).statistic
        assert statistic == pytest.approx(example["statistic"], abs=0.005)


@pytest.mark.parametrize(
    "example", [e for e in examples() if e["kind"] == "cmh"], ids=lambda each: each["id"]
)
def test_mantel_haenszel(example: Example) -> None:
    found = mantel_haenszel(tables(example), 0.95)
    assert found.test.statistic == pytest.approx(example["statistic"], rel=1e-10)
    assert found.test.p == pytest.approx(example["p"], rel=1e-10)
    ratio = found.odds_ratio
    assert ratio.value == pytest.approx(example["common_or"], rel=1e-10)
    assert ratio.lower == pytest.approx(example["or_lower"], rel=1e-8)
    assert ratio.upper == pytest.approx(example["or_upper"], rel=1e-8)
