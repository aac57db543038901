"""Files of strangers are read within bounds, without entities, files or network."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.safety.e2b import wire
from services.safety.e2b.generate import generate
from services.safety.e2b.parse import parse
from services.safety.e2b.wire import NotReadableError, WireFault
from tests.services.safety.e2b import reports
from tests.support.examples import examples

_GOOD = generate(reports.batch())
_XXE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def _fault(raw: bytes) -> WireFault:
    with pytest.raises(NotReadableError) as caught:
        parse(raw)
    return caught.value.fault


@pytest.mark.parametrize("fault", WireFault)
def test_each_fault_is_told_in_words(fault: WireFault) -> None:
    assert len(NotReadableError(fault).words) > 20


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_before_it_is_parsed(encoding: str) -> None:
    text = _GOOD.decode().split("?>", 1)[1]
    assert _fault((_XXE.decode() + text).encode(encoding)) is WireFault.DOCTYPE


def test_an_entity_bomb_is_refused() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'
    assert _fault(bomb) is WireFault.DOCTYPE


def test_a_byte_over_the_limit_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "BOUNDS", replace(wire.BOUNDS, bytes=len(_GOOD) - 1))
    assert _fault(_GOOD) is WireFault.TOO_LARGE
    monkeypatch.setattr(wire, "BOUNDS", replace(wire.BOUNDS, bytes=len(_GOOD)))
    assert parse(_GOOD) == reports.batch()


def test_what_nests_too_deep_is_refused() -> None:
    deep = b"<a>" * (wire.MAX_DEPTH + 1) + b"</a>" * (wire.MAX_DEPTH + 1)
    assert _fault(deep) is WireFault.TOO_DEEP


def test_more_attributes_or_elements_than_any_message_has_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    many = " ".join(f'a{number}="x"' for number in range(wire.MAX_ATTRIBUTES + 1))
    assert _fault(f"<a {many}/>".encode()) is WireFault.TOO_DEEP
    monkeypatch.setattr(wire, "BOUNDS", replace(wire.BOUNDS, nodes=10))
    assert _fault(b"<a>" + b"<b/>" * 10 + b"</a>") is WireFault.TOO_DEEP


def test_what_nests_a_hundred_thousand_deep_is_refused_without_a_crash() -> None:
    assert _fault(b"<a>" * 100_000) in {WireFault.NOT_XML, WireFault.TOO_DEEP}


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (b"", WireFault.NOT_XML),
        (b"<a><b></a>", WireFault.NOT_XML),
        (b"\xff\xff\x00", WireFault.ENCODING),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', WireFault.ENCODING),
        (b"<a/>", WireFault.WRONG_ROOT),
        (b'<MCCI_IN200100UV01 xmlns="urn:other"/>', WireFault.WRONG_ROOT),
        (b'<MCCI_IN200101UV01 xmlns="urn:hl7-org:v3"/>', WireFault.WRONG_ROOT),
    ],
)
def test_what_is_no_message_is_refused_by_name(raw: bytes, fault: WireFault) -> None:
    assert _fault(raw) is fault


def test_a_refusal_holds_nothing_of_the_file() -> None:
    with pytest.raises(NotReadableError) as caught:
        parse(b"<secret>S-014</secret><")
    assert "S-014" not in str(caught.value)


@examples(4)
@given(st.integers(0, len(_GOOD)), st.integers(0, 60), st.binary(max_size=20))
def test_any_damage_to_a_message_is_read_or_refused_by_name(
    at: int, length: int, put: bytes
) -> None:
    try:
        parse(_GOOD[:at] + put + _GOOD[at + length :])
    except NotReadableError:
        return
