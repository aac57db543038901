"""XML out can be read back, whatever the texts hold."""

import re

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from services.assessments.domain.rave.markup import cdata, possible, tag
from services.assessments.domain.rave.refusals import Code, Refusal
from services.assessments.domain.rave.response import failure, success
from services.assessments.domain.rave.secret import SALT_BYTES, basic, digest, matches
from services.assessments.domain.rave.steps import Touched
from services.assessments.domain.rave.xml import content_hash, read

ANY = st.text(max_size=60) | st.sampled_from(
    ["]]>", "a]]>b]]>", "<&\">'", "\n\t\r", "\x00\x1b", "é"]
)


@given(ANY)
def test_an_attribute_comes_back_as_it_was(text: str) -> None:
    root = etree.fromstring(tag("a", {"b": text}).encode())
    assert root.get("b") == possible(text)


@given(ANY)
def test_a_text_in_sections_comes_back_as_it_was(text: str) -> None:
    root = etree.fromstring(tag("a", {}, cdata(text)).encode())
    # A reader of XML makes one newline of each carriage return.
    assert (root.text or "") == re.sub("\r\n?", "\n", possible(text))


@given(ANY, ANY)
def test_responses_begin_at_once_and_are_well_formed(file_oid: str, words: str) -> None:
    told = failure("R", Refusal(Code.REFUSED, "/ODM", words), file_oid)
    assert told.startswith("<Response ")
    assert etree.fromstring(told.encode()).get("IsTransactionSuccessful") == "0"
    done = success("R", file_oid, Touched(1, 2, 3, 4, 5), 6, 7)
    assert done.startswith("<Response ")
    assert etree.fromstring(done.encode()).get("SuccessStatistics") == (
        "Rave objects touched: Subjects=1; Folders=2; Forms=3; Fields=4; LogLines=5"
    )


def test_every_code_is_its_own_and_none_is_a_success_or_a_500() -> None:
    reasons = [code.reason for code in Code]
    assert len(reasons) == len(set(reasons))
    assert all(re.fullmatch(r"RWS000\d\d|IND000\d\d", reason) for reason in reasons)
    assert all(400 <= code.status <= 503 and code.status != 500 for code in Code)


def hashed(text: str) -> str:
    return content_hash(read(text.encode()))


def test_the_hash_of_a_document_is_of_its_content_only() -> None:
    one = hashed('<ODM CreationDateTime="1" a="1" b="2"><x>t</x></ODM>')
    assert hashed('<ODM b="2"  a="1" CreationDateTime="2">\n  <!-- c --><x> t </x>\n</ODM>') == one
    prefixed = hashed('<o:ODM xmlns:o="urn:o"><o:x/></o:ODM>')
    assert hashed('<ODM xmlns="urn:o"><x/></ODM>') == prefixed
    for other in (
        '<ODM a="1" b="3"><x>t</x></ODM>',
        '<ODM a="1" b="2"><x>u</x></ODM>',
        '<ODM a="1" b="2"><x CreationDateTime="1">t</x></ODM>',
        '<ODM a="1" b="2"><x><y/>t</x></ODM>',
    ):
        assert hashed(other) != one
    assert hashed("<a><b/><c/></a>") != hashed("<a><b><c/></b></a>")


@given(st.text(min_size=1, max_size=40), st.text(max_size=40))
def test_only_the_secret_itself_fits_its_digest(secret: str, other: str) -> None:
    salt = bytes(SALT_BYTES)
    secret, other = (t.encode("utf-8", "ignore").decode() for t in (secret, other))
    kept = digest(salt, secret)
    assert matches(salt, kept, secret)
    assert matches(salt, kept, other) is (secret == other)


@given(st.text(max_size=40))
def test_any_header_is_a_credential_or_none(header: str) -> None:
    for text in (header, f"Basic {header}"):
        found = basic(text)
        assert found is None or len(found) == 2
