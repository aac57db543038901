"""Examples of one and two proportions: the kind and method of each decide who computes it.

An example is ``{"kind", "method", "input"}``; its input is ``x``, ``n`` of one proportion, or
``x1``, ``n1``, ``x2``, ``n2`` (the second is the reference; lists where there are strata), and
``level``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from services.analytics.domain.account.survival import LEVEL
from services.analytics.domain.estimate import Estimate
from services.analytics.domain.rates.closed_difference import DifferenceLimits, rate_difference
from services.analytics.domain.rates.exact_difference import exact_difference
from services.analytics.domain.rates.exact_tests import (
    MOST_SUBJECTS,
    MOST_TABLES,
    TOO_MANY_SUBJECTS,
    TOO_MANY_TABLES,
    fisher,
    pearson,
    suissa_shuster,
)
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

Tables: TypeAlias = Sequence[TwoByTwo]
Answer: TypeAlias = dict[str, float | None]
Answering: TypeAlias = Callable[[Tables, float], Answer]
_COLUMNS = ("x1", "n1", "x2", "n2")


def rate_answer(example: Mapping[str, Any]) -> Answer:
    """``estimate``, ``lower`` and ``upper`` of an interval; ``statistic`` and ``p_value`` of a
    test. Null is not estimable. Raises ``ValueError``, whose words say what is wrong.
    """
    kind, method = str(example.get("kind")), str(example.get("method"))
    given = example.get("input")
    if not isinstance(given, Mapping):
        raise ValueError("an example has an input")
    level = _level(given)
    if kind == "proportion" and method in _OF_ONE:
        x, n = (_whole(given, name) for name in ("x", "n"))
        if n > MOST_SUBJECTS and _OF_ONE[method] in _BY_TAILS:
            raise ValueError(TOO_MANY_SUBJECTS)
        return _limits(proportion(x, n, level, _OF_ONE[method]).estimate)
    answering = _OF_TWO.get((kind, method))
    if answering is None:
        raise ValueError(f"there is no method {method!r} of the kind {kind!r}")
    return answering(_tables(given), level)


def known_methods() -> list[tuple[str, str]]:
    """Every kind and method there is."""
    return sorted([*(("proportion", name) for name in _OF_ONE), *_OF_TWO])


def _level(given: Mapping[str, Any]) -> float:
    level = given.get("level", LEVEL)
    if not isinstance(level, int | float) or isinstance(level, bool) or not 0 < level < 1:
        raise ValueError("level lies between 0 and 1")
    return float(level)


def _whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is a whole number")
    return value


def _tables(given: Mapping[str, Any]) -> list[TwoByTwo]:
    columns = [given.get(name) for name in _COLUMNS]
    lists = [each if isinstance(each, list) else [each] for each in columns]
    if len({len(each) for each in lists}) != 1:
        raise ValueError("x1, n1, x2 and n2 have one length")
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in zip(*lists, strict=True)]
    return [TwoByTwo(*(_whole(row, name) for name in _COLUMNS)) for row in rows]


def _one(tables: Tables) -> TwoByTwo:
    if len(tables) != 1:
        raise ValueError("this method has no strata")
    return tables[0]


def _enumerable(tables: Tables) -> TwoByTwo:
    table = _one(tables)
    if (table.n1 + 1) * (table.n2 + 1) > MOST_TABLES:
        raise ValueError(TOO_MANY_TABLES)
    return table


def _countable(tables: Tables) -> TwoByTwo:
    table = _one(tables)
    if table.n1 + table.n2 > MOST_SUBJECTS:
        raise ValueError(TOO_MANY_SUBJECTS)
    return table


def _limits(estimate: Estimate) -> Answer:
    return {"estimate": estimate.value, "lower": estimate.lower, "upper": estimate.upper}


def _p(p: float | None, **more: float | None) -> Answer:
    return {**more, "p": p, "p_value": p}


def _by_score(method: ScoreMethod, weights: StratumWeights) -> Answering:
    def answer(tables: Tables, level: float) -> Answer:
        return _limits(score_difference(tables, level, method, weights).effect.estimate)

    return answer


def _by_ratio(method: RatioMethod) -> Answering:
    return lambda tables, level: _limits(score_ratio(tables, level, method).effect.estimate)


def _in_closed_form(limits: DifferenceLimits) -> Answering:
    return lambda tables, level: _limits(rate_difference(_one(tables), level, limits).estimate)


def _pearson(tables: Tables, _level: float) -> Answer:
    found = pearson(_one(tables), continuity=True)
    return _p(found.p, statistic=found.statistic)


def _mantel_haenszel(tables: Tables, level: float) -> Answer:
    found = mantel_haenszel(tables, level)
    ratio = found.odds_ratio
    return _p(
        found.test.p, statistic=found.test.statistic,
        common_or=ratio.value, or_lower=ratio.lower, or_upper=ratio.upper,
    )  # fmt: skip


_BY_TAILS = frozenset({ProportionLimits.CLOPPER_PEARSON, ProportionLimits.MID_P})
_OF_ONE: Mapping[str, ProportionLimits] = {
    "clopper_pearson": ProportionLimits.CLOPPER_PEARSON,
    "mid_p": ProportionLimits.MID_P,
    "wilson": ProportionLimits.WILSON,
    "wilson_cc": ProportionLimits.WILSON_CC,
}
_MN = _by_score(ScoreMethod.MIETTINEN_NURMINEN, StratumWeights.MH)
_OF_TWO: Mapping[tuple[str, str], Answering] = {
    ("risk_difference", "miettinen_nurminen"): _MN,
    ("risk_difference", "mee"): _by_score(ScoreMethod.MEE, StratumWeights.MH),
    ("risk_difference", "newcombe_wilson"): _in_closed_form(DifferenceLimits.NEWCOMBE),
    ("risk_difference", "newcombe_wilson_cc"): _in_closed_form(DifferenceLimits.NEWCOMBE_CC),
    ("risk_difference", "wald"): _in_closed_form(DifferenceLimits.WALD),
    ("risk_difference", "agresti_caffo"): _in_closed_form(DifferenceLimits.AGRESTI_CAFFO),
    ("risk_difference", "hauck_anderson"): _in_closed_form(DifferenceLimits.HAUCK_ANDERSON),
    ("risk_difference", "exact_unconditional_two_one_sided"): (
        lambda tables, level: _limits(exact_difference(_enumerable(tables), level).estimate)
    ),
    ("risk_ratio", "miettinen_nurminen"): _by_ratio(RatioMethod.MIETTINEN_NURMINEN),
    ("risk_ratio", "koopman"): _by_ratio(RatioMethod.KOOPMAN),
    ("risk_ratio", "katz_log"): (
        lambda tables, level: _limits(log_ratio(_one(tables), level).estimate)
    ),
    ("odds_ratio", "miettinen_nurminen"): _by_ratio(RatioMethod.ODDS),
    ("stratified_risk_difference", "miettinen_nurminen_score_mh_weights"): _MN,
    ("stratified_risk_difference", "miettinen_nurminen_score_iterative_mn_weights"): _by_score(
        ScoreMethod.MIETTINEN_NURMINEN, StratumWeights.MN
    ),
    ("stratified_risk_difference", "scas_inverse_variance_score_weights"): _by_score(
        ScoreMethod.SCAS, StratumWeights.IV
    ),
    ("stratified_risk_ratio", "score_no_bias_correction_tang_weights"): _by_ratio(RatioMethod.TANG),
    ("test", "fisher_exact_two_sided"): (
        lambda tables, _level: _p(fisher(_countable(tables)).estimate.value)
    ),
    ("test", "fisher_mid_p"): (
        lambda tables, _level: _p(fisher(_countable(tables), mid_p=True).estimate.value)
    ),
    ("test", "pearson_chisq_yates"): _pearson,
    ("test", "suissa_shuster_exact_unconditional"): (
        lambda tables, _level: _p(suissa_shuster(_enumerable(tables)).estimate.value)
    ),
    ("cmh", "cochran_mantel_haenszel_no_continuity"): _mantel_haenszel,
}
