"""Which drugs may have been taken when an event began, where dates are known in part."""

import uuid
from datetime import date

import pytest

from services.safety.domain.concomitants import Medication, taken_at

ONSET = date(2026, 2, 19)


@pytest.mark.parametrize(
    ("started", "ended", "taken"),
    [
        ("2026-02-19", None, True),
        ("2026-02-20", None, False),
        ("2026-02", None, True),
        ("2026-03", None, False),
        ("2026", None, True),
        (None, None, True),
        ("2025-01-01", "2026-02-19", True),
        ("2025-01-01", "2026-02-18", False),
        ("2025-01-01", "2026-02", True),
        ("2025-01-01", "2026-01", False),
        ("2025", "2025", False),
        (None, "2026", True),
    ],
)
def test_a_drug_counts_that_began_by_the_onset_and_may_have_gone_on_until_it(
    started: str | None, ended: str | None, taken: bool
) -> None:
    drug = Medication(uuid.UUID(int=1), "Purplimab", started, ended)
    assert taken_at(drug, [ONSET]) is taken
    assert taken_at(drug, [date(1999, 1, 1), ONSET]) >= taken


def test_an_onset_that_nobody_knows_rules_no_drug_out() -> None:
    drug = Medication(uuid.UUID(int=1), "Purplimab", "2026-03-01", None)
    assert taken_at(drug, [ONSET, None])
    assert not taken_at(drug, [])
