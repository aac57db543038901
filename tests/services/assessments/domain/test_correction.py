"""What a correction changes."""

from datetime import date

import pytest

from services.assessments.domain import correction, entry
from services.assessments.domain.faults import RefusedError
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from tests.services.assessments.domain.builders import history, kept

EVENT = {"term": "Sepsis", "start_date": "2024-02-03", "serious": "false", "grade": "3"}


def test_only_what_differs_is_a_change(open_sight: Sight) -> None:
    record = history("adverse_event", EVENT)
    sent = {"serious": False, "grade": 4, "outcome": None, "term": "Sepsis"}
    assert correction.examine(open_sight, record, sent).changes == kept(grade="4")


def test_the_spelling_of_a_decimal_is_a_difference(open_sight: Sight) -> None:
    record = history("blood_count", {"sample_date": "2024-02-26", "neutrophils": "1.0"})
    assert correction.examine(open_sight, record, {"neutrophils": "1.00"}).changes == kept(
        neutrophils="1.00"
    )


def test_a_record_is_dated_by_the_date_item_after_the_correction(open_sight: Sight) -> None:
    record = history("end_of_treatment", {"recovery_date": "2024-02-26"}, observed_on=None)
    moved = correction.examine(open_sight, record, {"recovery_date": "2024-02-25"})
    removed = correction.examine(open_sight, record, {"recovery_date": None})
    assert (moved.observed_on, removed.observed_on) == (date(2024, 2, 25), None)


def test_a_form_that_no_item_dates_keeps_its_date(open_sight: Sight) -> None:
    day = date(2024, 1, 21)
    record = history("demographics", {"birth_month": "2015", "sex": "F"}, observed_on=day)
    assert correction.examine(open_sight, record, {"sex": "U"}).observed_on == day


def test_a_form_that_is_gone_from_the_definition_takes_no_correction(open_sight: Sight) -> None:
    with pytest.raises(RefusedError) as refusal:
        correction.examine(open_sight, history("retired_form", {"x": "1"}), {"x": "2"})
    assert [fault.code for fault in refusal.value.faults] == ["unknown-form"]


def test_masked_roles_can_enter_nothing_that_reveals_the_arm(
    masked_sight: Sight, open_sight: Sight
) -> None:
    items = {"product": "INO", "dose_date": "2024-01-30", "given": True}
    sent = entry.Submission("dosing", "C1D1", 1, None, items)
    assert entry.examine(open_sight, sent).items["given"] == Kept("true")
    with pytest.raises(RefusedError) as refusal:
        entry.examine(masked_sight, sent)
    assert [fault.code for fault in refusal.value.faults] == ["unknown-form"]


@pytest.mark.parametrize(
    ("sent", "overwrites"),
    [
        ({"outcome": "UNK"}, False),
        ({"term": "Sepsis"}, False),
        ({"grade": 4}, True),
        ({"grade": None}, True),
        ({"outcome": None}, False),
    ],
)
def test_only_a_value_that_was_there_is_overwritten(
    open_sight: Sight, sent: dict[str, object], overwrites: bool
) -> None:
    assert correction.examine(open_sight, history("adverse_event", EVENT), sent).overwrites is (
        overwrites
    )


EMPTY = dict.fromkeys(EVENT)


def test_a_whole_record_may_be_taken_back_what_its_form_requires_with_it(open_sight: Sight) -> None:
    found = correction.examine(open_sight, history("adverse_event", EVENT), EMPTY)
    assert (found.changes, found.observed_on, found.overwrites) == (EMPTY, None, True)


@pytest.mark.parametrize(
    ("sent", "missing"),
    [
        ({"grade": None, "term": None}, ["term"]),
        ({**EMPTY, "serious": False}, ["start_date", "term"]),
        ({**EMPTY, "outcome": "FATAL"}, ["serious", "start_date", "term"]),
    ],
)
def test_of_a_record_that_stays_nothing_that_is_required_is_taken(
    open_sight: Sight, sent: dict[str, object], missing: list[str]
) -> None:
    with pytest.raises(RefusedError) as refusal:
        correction.examine(open_sight, history("adverse_event", EVENT), sent)
    assert [(f.where, f.code) for f in refusal.value.faults] == [
        (("items", name), "required-missing") for name in missing
    ]


def test_a_record_that_was_taken_back_is_filled_as_a_first_entry_is(open_sight: Sight) -> None:
    gone = history("adverse_event", {})
    with pytest.raises(RefusedError) as refusal:
        correction.examine(open_sight, gone, {"term": "Sepsis", "grade": 3})
    assert {f.where[1] for f in refusal.value.faults} >= {"serious", "start_date"}
    again = {"term": "Sepsis", "start_date": "2024-02-03", "serious": False, "grade": 3}
    assert correction.examine(open_sight, gone, again).changes == kept(**EVENT)


def test_what_an_amendment_requires_is_not_asked_of_corrections_of_older_records(
    open_sight: Sight,
) -> None:
    older = history("adverse_event", {"term": "Sepsis"})
    assert correction.examine(open_sight, older, {"grade": 3}).changes == kept(grade="3")
