"""Whatever comes back is taken in: matched, or parked for a person, and never lost."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.e2b.acknowledgement.answers import BatchCode, MessageCode
from services.safety.e2b.acknowledgement.intake import take
from services.safety.e2b.acknowledgement.matching import Stray
from tests.services.safety.e2b.acknowledgement.answers import SUBMISSION, answer, as_bytes, row

_SENT = {SUBMISSION.batch: SUBMISSION}
_ANSWER = answer(BatchCode.AA, row(MessageCode.CA))


def test_an_answer_to_what_was_sent_is_matched() -> None:
    raw = as_bytes(_ANSWER)
    taken = take(raw, _SENT.get)
    assert (taken.submission, taken.parked, taken.fault) == (SUBMISSION, (), None)
    assert taken.sha256 == hashlib.sha256(raw).hexdigest()
    assert not taken.needs_a_person


def test_an_answer_to_something_else_is_parked() -> None:
    taken = take(as_bytes(_ANSWER), {}.get)
    assert [one.reason for one in taken.parked] == [Stray.BATCH]
    assert taken.needs_a_person


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", "e2b.not_xml"),
        (b"<!DOCTYPE a><a/>", "e2b.doctype"),
        (as_bytes(_ANSWER).replace(b'typeCode="AA"', b'typeCode="ZZ"'), "e2b.not_an_answer"),
    ],
)
def test_what_is_no_answer_is_kept_with_its_fault(raw: bytes, fault: str) -> None:
    taken = take(raw, _SENT.get)
    assert (taken.fault, taken.answer) == (fault, None)
    assert taken.needs_a_person


@given(st.binary(max_size=300))
def test_nothing_is_raised_whatever_the_bytes(raw: bytes) -> None:
    assert take(raw, _SENT.get).needs_a_person
