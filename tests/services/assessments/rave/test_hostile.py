"""Whatever is posted, the answer is a Response and never a fault of ours."""

import codecs
import http.client
import random
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rwslib.builders import ItemData

from services.assessments.domain.rave.parser import parse
from services.assessments.domain.rave.refusals import RaveRefusedError
from services.assessments.domain.rave.xml import MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH
from tests.services.assessments.rave.world import (
    COUNTS,
    Rave,
    corrected,
    event,
    form,
    new_child,
    odm,
    subject,
)
from tests.support.examples import examples

ODM = 'xmlns="http://www.cdisc.org/ns/odm/v1.3"'
SECOND = [ItemData("sample_date", "2024-01-23"), corrected("neutrophils", "2", "a reason")]
COUNTED = event(form("blood_count", COUNTS), form("blood_count", SECOND, repeat=2))
GOOD = str(odm(new_child(), subject(COUNTED), file_oid="F-1"))
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE ODM [<!ENTITY a "aaaaaaaaaa">'
    + "".join(
        f'<!ENTITY {n} "{("&" + p + ";") * 10}">' for p, n in zip("abcde", "bcdef", strict=True)
    )
    + "]><ODM>&f;</ODM>"
)
HOSTILE: dict[str, bytes] = {
    "a bomb of entities": BOMB.encode(),
    "an entity of a file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><ODM>&x;</ODM>',
    "a parameter entity": b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:9/">%x;]><ODM/>',
    "an entity that nobody defined": f"<ODM {ODM}>&nothing;</ODM>".encode(),
    "an inclusion": f'<ODM {ODM}><include xmlns="http://www.w3.org/2001/XInclude" '
    'href="file:///etc/hostname"/></ODM>'.encode(),
    "the place of a schema": f'<ODM {ODM} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://127.0.0.1:9/x http://127.0.0.1:9/x.xsd"/>'.encode(),
    "nesting": b"<a>" * 100_000,
    "nesting that is whole": b"<ODM>" * (MAX_DEPTH + 1) + b"</ODM>" * (MAX_DEPTH + 1),
    "attributes": b"<ODM " + b" ".join(b'a%d=""' % n for n in range(MAX_ATTRIBUTES + 1)) + b"/>",
    "a million attributes": b"<ODM " + b" ".join(b'a%d=""' % n for n in range(400_000)) + b"/>",
    "an attribute twice": b'<ODM a="1" a="2"/>',
    "a prefix that nobody bound": b'<ODM mdsol:x="1"/>',
    "a relative namespace": b'<ODM xmlns="relative"/>',
    "NUL": b"<ODM>\x00</ODM>",
    "a control character": b"<ODM>&#1;</ODM>",
    "half a surrogate": b"<ODM>\xed\xa0\x80</ODM>",
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADw-ODM/+AD4-',
    "UTF-16 that is none": codecs.BOM_UTF16_LE + b"<ODM/>x",
    "UTF-32": "<ODM/>".encode("utf-32"),
    "EBCDIC": "<ODM/>".encode("cp037"),
    "a lie about its encoding": b'<?xml version="1.0" encoding="utf-16"?><ODM/>',
    "two roots": b"<ODM/><ODM/>",
    "trailing junk": GOOD.encode() + b"junk",
    "only a comment": b"<!-- ODM -->",
    "only an instruction": b"<?ODM?>",
    "a compressed body": b"\x1f\x8b\x08\x00" + b"\x00" * 40,
    "one byte too many": b"<ODM/>" + b" " * (MAX_BYTES - 5),
    "JSON": b'{"ODM": 1}',
}


class Raw:
    """Posts bytes as they are, on one connection a request."""

    def __init__(self, rave: Rave) -> None:
        import base64

        self._where = urlsplit(rave.url).netloc
        user, secret = rave.edc.auth
        login = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "Content-Type": "text/xml"}

    def __call__(self, body: Any, **headers: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._where)
        try:
            path = "/RaveWebServices/webservice.aspx?PostODMClinicalData"
            connection.request("POST", path, body, self._headers | headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture
def raw(rave: Rave) -> Raw:
    return Raw(rave)


def test_every_hostile_document_is_refused_with_a_response(rave: Rave, raw: Raw) -> None:
    before = rave.trial.stored()
    for what, document in HOSTILE.items():
        status, body = raw(document)
        assert status in {400, 413, 422}, what
        assert body.startswith(b"<Response "), what
    assert rave.trial.stored() == before


def test_a_document_without_a_length_is_bounded_too(raw: Raw) -> None:
    status, body = raw(iter([b"<ODM>", *[b" " * 100_000] * 60, b"</ODM>"]))
    assert (status, body.startswith(b"<Response ")) == (413, True)


def test_a_document_cut_anywhere_is_refused_with_a_response(rave: Rave, raw: Raw) -> None:
    whole = GOOD.encode()
    dice = random.Random(4)
    for _ in range(40):
        status, body = raw(whole[: dice.randrange(len(whole.rstrip()) - 1)])
        assert (status, body[:10]) == (400, b"<Response ")
    assert rave.database.rows("SELECT count(*) FROM assessments.subject") == [(0,)]


def test_unknown_namespaces_elements_and_attributes_are_passed_over_and_noted(
    rave: Rave, raw: Raw
) -> None:
    strange = GOOD.replace("<ClinicalData ", '<v:Vendor xmlns:v="urn:v" v:a="1"/><ClinicalData ', 1)
    strange = strange.replace("<SubjectData ", '<SubjectData Unknown="1" ', 1)
    status, _ = raw(
        strange.replace("</FormData>", "<Annotation SeqNum='1'/></FormData>", 1).encode()
    )
    assert status == 200
    ((notes,),) = rave.database.rows("SELECT notes FROM assessments.rave_file")
    assert len(notes) == 2  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_that_are_taken_are_read(raw: Raw, encoding: str) -> None:
    named = "utf-16" if encoding == "utf-16" else "utf-8"
    text = GOOD.replace('encoding="utf-8"', f'encoding="{named}"')
    status, body = raw(text.encode(encoding))
    assert status == 200, body


def spoiled(seed: int) -> bytes:
    """A good document with a few places of it changed at random."""
    dice = random.Random(seed)
    text = bytearray(GOOD.encode())
    for _ in range(dice.randrange(1, 6)):
        at = dice.randrange(len(text))
        match dice.randrange(4):
            case 0:
                text[at] = dice.randrange(256)
            case 1:
                del text[at : at + dice.randrange(1, 40)]
            case 2:
                piece = text[at : at + dice.randrange(1, 60)]
                text[at:at] = piece
            case _:
                text[at:at] = dice.choice((b"<", b">", b'"', b"&", b"@CONTEXT", b"Remove", b"[1]"))
    return bytes(text)


def read_or_refused(document: bytes) -> bool:
    """Whether a document is read, or refused with a status that blames the sender."""
    try:
        parse(document)
    except RaveRefusedError as refusal:
        return 400 <= refusal.first.code.status < 500
    return True


@examples(6)
@given(st.integers(0, 10**9))
def test_a_spoiled_document_is_read_or_refused_and_nothing_else(seed: int) -> None:
    assert read_or_refused(spoiled(seed))


@examples(4)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_anything_at_all_is_read_or_refused_and_nothing_else(body: bytes) -> None:
    for document in (body, b"<ODM>" + body + b"</ODM>", b'<ODM FileOID="' + body + b'"/>'):
        assert read_or_refused(document)


@pytest.mark.proves("ASM-6", kind="fuzz")
def test_spoiled_documents_sent_to_the_service_are_answered_with_a_response(raw: Raw) -> None:
    for seed in range(150):
        status, body = raw(spoiled(seed))
        assert status in {200, 400, 404, 409, 413, 422}, (seed, body)
        assert body.startswith(b"<Response ")
        assert (b'IsTransactionSuccessful="1"' in body) is (status == 200)
