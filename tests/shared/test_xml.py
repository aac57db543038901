"""XML of strangers is read within the bounds that its reader names, and without entities."""

import pytest

from shared.xml import UnreadableXmlError, XmlBounds, XmlFault, read_xml

BOUNDS = XmlBounds(bytes=200, depth=3, nodes=5, attributes=2)
# Longer than lxml takes for one text, unless it is told to.
LONG = b"<a>" + b"x" * 10_000_001 + b"</a>"


def fault(raw: bytes, bounds: XmlBounds = BOUNDS) -> XmlFault:
    with pytest.raises(UnreadableXmlError) as caught:
        read_xml(raw, bounds)
    return caught.value.fault


@pytest.mark.parametrize(
    ("fits", "breaks", "named"),
    [
        (b"<a>" + b" " * 193 + b"</a>", b"<a>" + b" " * 194 + b"</a>", XmlFault.TOO_LARGE),
        (b"<a><b><c/></b></a>", b"<a><b><c><d/></c></b></a>", XmlFault.TOO_DEEP),
        (b"<a><b/><b/><b/><b/></a>", b"<a><b/><b/><b/><b/><b/></a>", XmlFault.TOO_DEEP),
        (b'<a b="" c=""/>', b'<a b="" c="" d=""/>', XmlFault.TOO_DEEP),
        (b"<a>1</a>", b"<!DOCTYPE a><a>1</a>", XmlFault.DOCTYPE),
        (b"<a>1</a>", b"<a>1", XmlFault.NOT_XML),
        (b"<a>\xc3\xa9</a>", b"<a>\xe9</a>", XmlFault.ENCODING),
    ],
    ids=["bytes", "depth", "elements", "attributes", "type", "syntax", "encoding"],
)
def test_a_document_is_taken_up_to_each_bound_and_refused_beyond_it_by_name(
    fits: bytes, breaks: bytes, named: XmlFault
) -> None:
    assert read_xml(fits, BOUNDS).tag == "a"
    assert fault(breaks) is named


def test_a_long_text_is_taken_by_who_says_so() -> None:
    bounds = XmlBounds(bytes=20_000_000, depth=3, nodes=5, attributes=2)
    assert fault(LONG, bounds) is XmlFault.NOT_XML
    long_texts = XmlBounds(bytes=20_000_000, depth=3, nodes=5, attributes=2, long_texts=True)
    assert len(read_xml(LONG, long_texts).text or "") == 10_000_001


def test_comments_go_and_the_blanks_of_a_layout_on_demand() -> None:
    raw = b"<a>\n <!-- note --><?work now?><b/>\n</a>"
    kept, bare = read_xml(raw, BOUNDS), read_xml(raw, BOUNDS, blank_texts=False)
    assert [len(kept), len(bare)] == [1, 1]
    assert (kept.text or "").isspace()
    assert bare.text is None


def test_a_refusal_holds_nothing_of_the_document() -> None:
    with pytest.raises(UnreadableXmlError) as caught:
        read_xml(b"<secret>S-014</secret><", BOUNDS)
    assert "S-014" not in str(caught.value)
