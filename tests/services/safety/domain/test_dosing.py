"""Doses: which records the study definition counts as given."""

from datetime import date

import pytest

from services.safety.domain.dosing import Given, doses_given, dosing
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
DOSE = {
    "product": "INO", "dose_date": "2026-01-02", "given": "true", "amount": "0.8",
    "amount_unit": "mg/m2",
}  # fmt: skip
COUNTED = Given("INO", date(2026, 1, 2), "0.8", "mg/m2")


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, [COUNTED]),
        ({"given": "false"}, []),
        ({"given": None}, [COUNTED]),
        ({"given": "perhaps"}, [COUNTED]),
        ({"dose_date": "2026-01"}, []),
        ({"dose_date": None}, []),
        ({"product": None}, []),
    ],
    ids=["given", "not given", "not said", "said in words that the form does not take",
         "day not known", "no day", "no product"],
)  # fmt: skip
def test_a_dose_counts_unless_the_definition_says_that_it_was_not_given(
    changes: dict[str, str | None], found: list[Given]
) -> None:
    record = {name: value for name, value in (DOSE | changes).items() if value is not None}
    assert list(doses_given(NCT, [record])) == found


def test_a_study_that_does_not_say_how_the_arm_received_is_known_has_no_doses() -> None:
    analysis = NCT.analysis.model_copy(update={"received": None})
    silent = NCT.model_copy(update={"analysis": analysis})
    assert dosing(silent) is None
    assert list(doses_given(silent, [DOSE])) == []
