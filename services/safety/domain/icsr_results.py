"""Section F of the report that a case makes: tests and procedures."""

from collections.abc import Sequence

from services.safety.domain.as_told import stamp
from services.safety.domain.clinical import LabTest
from services.safety.domain.icsr_codes import codes
from services.safety.e2b.model import LabResult
from services.safety.e2b.values import NullFlavor


def lab_results(told: Sequence[LabTest]) -> tuple[LabResult, ...]:
    """The tests in the order told; of a test without a day, that its day is unknown."""
    return tuple(
        LabResult(
            f_r_1=stamp(each.on) or NullFlavor.UNK,
            f_r_2_1=each.name,
            f_r_2_2a=None if each.coding is None else each.coding.version,
            f_r_2_2b=None if each.coding is None else each.coding.code,
            f_r_3_1=None if each.result is None else codes("result")[each.result],
            f_r_3_2=each.value,
            f_r_3_2_qualifier=each.qualifier,
            f_r_3_3=each.unit,
            f_r_3_4=each.result_words,
            f_r_4=each.low,
            f_r_5=each.high,
            f_r_6=each.comment,
            f_r_7=each.more_information,
        )
        for each in told
    )
