"""Cumulative incidence and Gray's test against answers of cmprsk, to 1e-8 relative.

Hazard ratios of one cause hold to 1e-6, as those of all causes do.
"""

from typing import Any

import pytest

from services.analytics.domain.competing.gray import gray
from services.analytics.domain.competing.incidence import cumulative_incidence
from services.analytics.domain.competing.table import CompetingTable
from services.analytics.domain.cox.model import cox
from tests.services.analytics.reference import NAMES, Reference, close, load


def with_causes() -> list[tuple[Reference, dict[str, Any]]]:
    found = [load(name) for name in NAMES]
    return [(each, each.expected["competing_risks"]) for each in found if _competes(each)]


def _competes(reference: Reference) -> bool:
    return "competing_risks" in reference.expected


def test_incidence_its_variance_and_limits() -> None:
    compared = 0
    for reference, expected in with_causes():
        for arm, by_cause in expected["arms"].items():
            for cause in (1, 2):
                answers = by_cause[f"cause{cause}"]
                cells = [cell for cell in reference.causes if cell.arm == arm]
                curve = cumulative_incidence(CompetingTable.of(cells, cause), 0.95)
                for index, time in enumerate(answers["times"]):
                    point, error = curve.at(time), curve.standard_error_at(time)
                    assert error.value is not None
                    assert close(point.value, answers["cif_cmprsk"][index])
                    assert close(error.value**2, answers["variance_cmprsk_aalen"][index])
                    assert close(point.lower, answers["loglog_lower_cmprsk"][index])
                    assert close(point.upper, answers["loglog_upper_cmprsk"][index])
                    compared += 1
    assert compared >= 24


@pytest.mark.parametrize("stratified", [False, True], ids=["plain", "stratified"])
def test_gray(stratified: bool) -> None:
    for reference, expected in with_causes():
        answers = expected["gray_stratified" if stratified else "gray_unstratified"]
        strata = sorted({cell.stratum for cell in reference.causes}) if stratified else [None]
        for index, cause in enumerate((1, 2)):
            tables = [
                [
                    CompetingTable.of(
                        (
                            cell
                            for cell in reference.causes
                            if cell.arm == arm and stratum in {None, cell.stratum}
                        ),
                        cause,
                    )
                    for arm in reference.arms
                ]
                for stratum in strata
            ]
            test = gray(tables).test
            assert close(test.statistic, answers["chisq"][index])
            assert test.degrees_of_freedom == answers["df"][index]
            assert close(test.p, answers["p"][index])


def test_cause_specific_hazard_ratios() -> None:
    for reference, expected in with_causes():
        for cause in (1, 2):
            answers = expected["regression"][f"cause{cause}"]
            tables = [
                CompetingTable.of((c for c in reference.causes if c.arm == arm), cause).of_cause()
                for arm in reference.arms
            ]
            for index, found in enumerate(cox([tables]).coefficients):
                ratio = found.hazard_ratio(0.95)
                numbers = (ratio.value, ratio.lower, ratio.upper)
                keys = ("cause_specific_hr", "cs_lower", "cs_upper")
                assert numbers == pytest.approx([answers[key][index] for key in keys], rel=1e-6)
