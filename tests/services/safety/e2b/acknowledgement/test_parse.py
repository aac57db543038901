"""Acknowledgements are read whatever shape they have, and never fail but by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.e2b.acknowledgement.answers import BatchCode, MessageCode
from services.safety.e2b.acknowledgement.parse import NotAnAnswerError, parse
from services.safety.e2b.values import Stamp
from services.safety.e2b.wire import NotReadableError
from tests.services.safety.e2b.acknowledgement.answers import answer, as_bytes, row
from tests.services.safety.e2b.samples import needs_samples, sample, schemas
from tests.support.examples import examples

_GOOD = as_bytes(answer(BatchCode.AE, row(MessageCode.CR, text="late")))


@needs_samples
def test_the_positive_sample_accepts_one_report_under_both_its_numbers() -> None:
    found = parse(sample("R3ack-positive"))
    assert (found.code, found.batch) == (
        BatchCode.AA,
        "FAERS2022Scenario1-4069-a2dd-08002b30309d",
    )
    assert (found.number, found.local_number) == ("33439257", "427032")
    assert (found.sender, found.receiver) == ("ZZFDA", "4567AB89012")
    assert found.transmitted == Stamp("20141214151617-0500")
    (one,) = found.messages
    assert one.code is MessageCode.CA
    assert one.target == "21ec1492-3aea-4069-a2ab-08002b30309d US-APHARMA-8744554B"
    assert (one.number, one.created) == ("19426648", Stamp("20141214151617-0500"))


@needs_samples
def test_the_negative_sample_rejects_one_report_and_its_text_is_kept_as_it_was_cut_off() -> None:
    found = parse(sample("R3ack-negative"))
    assert found.code is BatchCode.AE
    (one,) = found.messages
    assert (one.code, one.target) == (MessageCode.CR, "US-APHARMA-7644554")
    assert one.text is not None
    assert one.text.endswith("...")
    assert one.text.count(";") == 3


@needs_samples
@pytest.mark.parametrize("name", ["R3ack-positive", "R3ack-negative"])
def test_a_sample_satisfies_its_schema_whatever_path_it_names_for_one(name: str) -> None:
    assert schemas().issues_of(sample(name)) == []


def test_what_is_written_is_read() -> None:
    found = parse(_GOOD)
    assert (found.batch, found.code) == ("BATCH-1", BatchCode.AE)
    assert found.messages == (row(MessageCode.CR, text="late"),)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'typeCode="AE"', b'typeCode="XX"'),
        (b'typeCode="AE"', b""),
        (b'typeCode="CR"', b'typeCode="AA"'),
        (b'extension="BATCH-1"', b""),
        (b'extension="CZ-INDUCT-1"', b'extension=""'),
    ],
)
def test_an_answer_without_target_or_known_code_is_none(old: bytes, new: bytes) -> None:
    with pytest.raises(NotAnAnswerError):
        parse(_GOOD.replace(old, new))


def test_an_answer_of_another_name_is_not_readable() -> None:
    with pytest.raises(NotReadableError):
        parse(_GOOD.replace(b"MCCI_IN200101UV01", b"MCCI_IN200100UV01"))


@examples(4)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(raw: bytes) -> None:
    _only_named(raw)


@examples(4)
@given(
    st.integers(0, len(_GOOD)), st.integers(0, 30), st.one_of(st.binary(max_size=12), st.just(b"<"))
)
def test_any_damage_to_an_answer_is_read_or_refused_by_name(
    at: int, length: int, put: bytes
) -> None:
    _only_named(_GOOD[:at] + put + _GOOD[at + length :])


def _only_named(raw: bytes) -> None:
    try:
        parse(raw)
    except (NotReadableError, NotAnAnswerError):
        return
