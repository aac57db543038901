"""XML of strangers: read without entities, files or network, and within bounds. Imports lxml.

A document type declaration is refused before any parser sees it: no entity is ever defined, let
alone resolved. Which bounds, and what a refusal is called, is for whoever reads to say.
"""

import codecs
import re
from dataclasses import dataclass
from enum import StrEnum

from lxml import etree

_DECLARATION = re.compile(r"\A<\?xml\s[^>]{0,200}?\?>", re.ASCII)
_ENCODING = re.compile(r"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.ASCII)
_TAKEN = {False: {"utf-8", "utf8", "us-ascii", "ascii"}, True: {"utf-16", "utf16"}}


class XmlFault(StrEnum):
    """Why bytes are not taken as a document."""

    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    DOCTYPE = "doctype"
    NOT_XML = "not_xml"
    TOO_DEEP = "too_deep"


class UnreadableXmlError(Exception):
    """Bytes that are not taken; ``fault`` says why. Never holds any of their content."""

    def __init__(self, fault: XmlFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class XmlBounds:
    """What a document may be at most: bytes, elements within each other, elements in all,
    attributes of one. ``long_texts``: one text may be as long as the whole document may be."""

    bytes: int
    depth: int
    nodes: int
    attributes: int
    long_texts: bool = False


def read_xml(raw: bytes, bounds: XmlBounds, *, blank_texts: bool = True) -> etree._Element:
    """The root of a document, without comments and processing instructions, and where
    ``blank_texts`` is false without the blanks between elements. Raises ``UnreadableXmlError``."""
    if len(raw) > bounds.bytes:
        raise UnreadableXmlError(XmlFault.TOO_LARGE)
    text = _decode(raw)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise UnreadableXmlError(XmlFault.DOCTYPE)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        # lxml's own bound on one text; the size has been capped above.
        huge_tree=bounds.long_texts,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=not blank_texts,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):  # a lone surrogate cannot be encoded: ValueError
        raise UnreadableXmlError(XmlFault.NOT_XML) from None
    _bound(root, bounds)
    return root


def _decode(raw: bytes) -> str:
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig").lstrip()
    except UnicodeDecodeError:
        raise UnreadableXmlError(XmlFault.ENCODING) from None
    declaration = _DECLARATION.match(text)
    if declaration is None:
        return text
    named = _ENCODING.search(declaration[0])
    if named and named[1].lower() not in _TAKEN[wide]:
        raise UnreadableXmlError(XmlFault.ENCODING)
    return text[declaration.end() :]


def _bound(root: etree._Element, bounds: XmlBounds) -> None:
    depth = nodes = 0
    for happened, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if happened == "start" else -1
        nodes += happened == "start"
        crowded = len(element.attrib) > bounds.attributes
        if depth > bounds.depth or nodes > bounds.nodes or crowded:
            raise UnreadableXmlError(XmlFault.TOO_DEEP)
