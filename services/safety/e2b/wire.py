"""Bytes of strangers into a tree, within bounds; a tree into bytes, always the same. Imports lxml.

A document type declaration is refused before any parser sees it, ``xsi:schemaLocation`` is never
followed, nothing is fetched.
"""

import codecs
import re
from enum import StrEnum

from lxml import etree

from services.safety.e2b.tree import HL7

# EMA and ICH cap a report at 20 MB.
MAX_BYTES = 20_000_000
# Observations nest about 25 deep in the ICH schemas.
MAX_DEPTH = 64
# The largest sample of the FDA has 1,100.
MAX_NODES = 200_000
MAX_ATTRIBUTES = 50

_DECLARATION = re.compile(r"\A<\?xml\s[^>]{0,200}?\?>", re.ASCII)
_ENCODING = re.compile(r"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.ASCII)
_TAKEN = {False: {"utf-8", "utf8", "us-ascii", "ascii"}, True: {"utf-16", "utf16"}}


class WireFault(StrEnum):
    """Why bytes are not taken as a message."""

    TOO_LARGE = "e2b.too_large"
    ENCODING = "e2b.encoding"
    DOCTYPE = "e2b.doctype"
    NOT_XML = "e2b.not_xml"
    TOO_DEEP = "e2b.too_deep"
    WRONG_ROOT = "e2b.wrong_root"


class NotReadableError(Exception):
    """Bytes that are not a message; ``fault`` says why. Never holds any of their content."""

    def __init__(self, fault: WireFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def read(raw: bytes) -> etree._Element:
    """The root of a document. Raises ``NotReadableError``."""
    if len(raw) > MAX_BYTES:
        raise NotReadableError(WireFault.TOO_LARGE)
    text = _decode(raw)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise NotReadableError(WireFault.DOCTYPE)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        # An attachment is one long text node; the size has been capped above.
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, UnicodeEncodeError, ValueError):
        raise NotReadableError(WireFault.NOT_XML) from None
    _bound(root)
    return root


def root_name(root: etree._Element) -> str:
    """The local name of an HL7 v3 root; raises ``NotReadableError`` for any other."""
    name = etree.QName(root)
    if name.namespace != HL7:
        raise NotReadableError(WireFault.WRONG_ROOT)
    return str(name.localname)


def to_bytes(root: etree._Element) -> bytes:
    """UTF-8 with declaration; the same tree gives the same bytes."""
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _decode(raw: bytes) -> str:
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig").lstrip()
    except UnicodeDecodeError:
        raise NotReadableError(WireFault.ENCODING) from None
    declaration = _DECLARATION.match(text)
    if declaration is None:
        return text
    named = _ENCODING.search(declaration[0])
    if named and named[1].lower() not in _TAKEN[wide]:
        raise NotReadableError(WireFault.ENCODING)
    return text[declaration.end() :]


def _bound(root: etree._Element) -> None:
    depth = nodes = 0
    for happened, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if happened == "start" else -1
        nodes += happened == "start"
        if depth > MAX_DEPTH or nodes > MAX_NODES or len(element.attrib) > MAX_ATTRIBUTES:
            raise NotReadableError(WireFault.TOO_DEEP)
