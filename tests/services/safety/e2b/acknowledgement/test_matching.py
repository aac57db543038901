"""An answer belongs to what was sent by batch number, report number and instant of creation."""

from dataclasses import replace

import pytest

from services.safety.e2b.acknowledgement.answers import BatchCode, MessageCode
from services.safety.e2b.acknowledgement.matching import (
    Sent,
    Stray,
    Submission,
    match,
    report_of,
    submission_of,
)
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.acknowledgement.answers import (
    CREATED,
    FIRST,
    SUBMISSION,
    answer,
    row,
)
from tests.services.safety.e2b.mutations import with_value

_CA = row(MessageCode.CA)
_BY_NUMBER = {SUBMISSION.batch: SUBMISSION}
_UUID = Sent("CZ-INDUCT-3", "21ec1492-3aea", CREATED)


def test_a_report_is_found_by_its_case_number() -> None:
    assert report_of(SUBMISSION, _CA) == FIRST


@pytest.mark.parametrize("target", ["CZ-INDUCT-3", "21ec1492-3aea", "21ec1492-3aea CZ-INDUCT-3"])
def test_a_report_is_found_by_either_number_or_by_both_with_a_space(target: str) -> None:
    submission = Submission("B", (_UUID,))
    assert report_of(submission, replace(_CA, target=target)) == _UUID


@pytest.mark.parametrize(
    "told",
    ["20260407101500+0200", "20260407081500+0000", "20260407", "20260407000000-0500"],
)
def test_the_instant_of_creation_is_one_in_every_zone_and_may_be_told_as_a_day(told: str) -> None:
    assert report_of(SUBMISSION, replace(_CA, created=Stamp(told))) == FIRST


@pytest.mark.parametrize("told", ["20260407101501+0200", "20260408", "2026", "nonsense"])
def test_another_instant_of_creation_is_another_version_of_the_case(told: str) -> None:
    assert report_of(SUBMISSION, replace(_CA, created=Stamp(told))) is Stray.CREATED


def test_without_an_instant_the_batch_number_decides() -> None:
    assert report_of(SUBMISSION, replace(_CA, created=None)) == FIRST


def test_an_answer_to_a_batch_that_was_not_sent_is_parked() -> None:
    foreign = answer(BatchCode.AA, _CA, batch="BATCH-9")
    submission, parked = match(foreign, _BY_NUMBER.get)
    assert submission is None
    assert [(one.reason, one.answer, one.row) for one in parked] == [(Stray.BATCH, foreign, None)]


def test_a_row_for_a_report_that_was_not_in_the_batch_is_parked_and_the_others_count() -> None:
    stranger = replace(_CA, target="CZ-INDUCT-9")
    told = answer(BatchCode.AA, _CA, stranger)
    submission, parked = match(told, _BY_NUMBER.get)
    assert submission == SUBMISSION
    assert [(one.reason, one.row) for one in parked] == [(Stray.REPORT, stranger)]


def test_what_was_handed_off_is_kept_by_the_three_numbers() -> None:
    kept = submission_of(reports.batch())
    assert kept == Submission("BATCH-0001", (Sent(reports.CASE, reports.CASE, reports.CREATED),))


@pytest.mark.parametrize("field", ["n_1_2", "c_1_1", "c_1_2"])
def test_what_could_not_be_matched_later_is_not_handed_off(field: str) -> None:
    with pytest.raises(ValueError, match="cannot be matched"):
        submission_of(with_value(reports.batch(), field, None))
