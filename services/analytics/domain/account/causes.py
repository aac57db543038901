"""Competing causes of a data set: incidence by arm, Gray's test, hazards of each cause."""

from collections.abc import Sequence
from typing import Any

from services.analytics.domain.account.comparison import one_or_all
from services.analytics.domain.account.data_set import DataSet
from services.analytics.domain.account.survival import LEVEL
from services.analytics.domain.competing.gray import gray
from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.subdistribution import (
    CensoringTies,
    fine_gray,
    stratified_fine_gray,
)
from services.analytics.domain.competing.table import CENSORED, CompetingTable
from services.analytics.domain.cox.model import cox


def competing_risks(data: DataSet, times: Sequence[float]) -> dict[str, Any]:
    """All that there is of causes; incidence at ``times`` only where some are given."""
    causes = sorted({cell.cause for cell in data.causes} - {CENSORED})
    found = {"gray_unstratified": _gray(data, causes, stratified=False)}
    if data.stratified:
        found["gray_stratified"] = _gray(data, causes, stratified=True)
    if times:
        found["arms"] = {
            arm: {
                f"cause{cause}": _incidence(
                    data.competing(cause, stratified=False)[0][index], times
                )
                for cause in causes
            }
            for index, arm in enumerate(data.arms)
        }
    found["regression"] = {f"cause{cause}": _hazards(data, cause) for cause in causes}
    if data.stratified:
        found["regression_stratified"] = {
            f"cause{cause}": _stratified_hazards(data, cause) for cause in causes
        }
    return found


def _gray(data: DataSet, causes: Sequence[int], *, stratified: bool) -> dict[str, Any]:
    tests = [gray(data.competing(cause, stratified=stratified)).test for cause in causes]
    return {
        "cause": [str(cause) for cause in causes],
        "chisq": [test.statistic for test in tests],
        "p": [test.p for test in tests],
        "df": [test.degrees_of_freedom for test in tests],
    }


def _incidence(table: CompetingTable, times: Sequence[float]) -> dict[str, Any]:
    """The variance is Aalen's, as in R's cmprsk; that of survfit is another."""
    curve = cumulative_incidence(table, LEVEL)
    points = [curve.at(time) for time in times]
    errors = [curve.standard_error_at(time).value for time in times]
    values = [point.value for point in points]
    return {
        "times": list(times),
        "cif_survfit": values,
        "cif_cmprsk": values,
        "variance_cmprsk_aalen": [None if each is None else each**2 for each in errors],
        "loglog_lower_cmprsk": [point.lower for point in points],
        "loglog_upper_cmprsk": [point.upper for point in points],
    }


def _hazards(data: DataSet, cause: int) -> dict[str, Any]:
    tables = data.competing(cause, stratified=False)
    events_first = fine_gray(tables[0], ties=CensoringTies.EVENTS_FIRST)
    return _ratios(data, tables) | {
        "finegray_shr_coxph_breslow": one_or_all(
            [each.hazard_ratio(LEVEL).value for each in events_first]
        ),
    }


def _stratified_hazards(data: DataSet, cause: int) -> dict[str, Any]:
    return _ratios(data, data.competing(cause, stratified=True))


def _ratios(data: DataSet, strata: Sequence[Sequence[CompetingTable]]) -> dict[str, Any]:
    model = cox([[table.of_cause() for table in tables] for tables in strata])
    ratios = [each.hazard_ratio(LEVEL) for each in model.coefficients]
    coefficients = stratified_fine_gray(strata)
    ends = [each.hazard_ratio(LEVEL) for each in coefficients]
    return {
        "term": one_or_all([f"arm{arm}" for arm in data.arms[1:]]),
        "cause_specific_hr": one_or_all([each.value for each in ratios]),
        "cs_lower": one_or_all([each.lower for each in ratios]),
        "cs_upper": one_or_all([each.upper for each in ratios]),
        # Not under the names of crr, which by default stops some 1e-5 from the maximum.
        "finegray_shr": one_or_all([each.value for each in ends]),
        "finegray_lower": one_or_all([each.lower for each in ends]),
        "finegray_upper": one_or_all([each.upper for each in ends]),
        "finegray_se_coef": one_or_all([each.standard_error for each in coefficients]),
    }
