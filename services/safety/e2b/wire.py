"""Bytes of strangers into a tree, within bounds; a tree into bytes, always the same. Imports lxml.

``xsi:schemaLocation`` is never followed; what else is refused: ``shared.xml``.
"""

from enum import StrEnum

from lxml import etree

from services.safety.e2b.tree import HL7
from shared.xml import UnreadableXmlError, XmlBounds, read_xml

# EMA and ICH cap a report at 20 MB.
MAX_BYTES = 20_000_000
# Observations nest about 25 deep in the ICH schemas.
MAX_DEPTH = 64
# The largest sample of the FDA has 1,100.
MAX_NODES = 200_000
MAX_ATTRIBUTES = 50

# An attachment is one long text.
BOUNDS = XmlBounds(MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_ATTRIBUTES, long_texts=True)


class WireFault(StrEnum):
    """Why bytes are not taken as a message."""

    TOO_LARGE = "e2b.too_large"
    ENCODING = "e2b.encoding"
    DOCTYPE = "e2b.doctype"
    NOT_XML = "e2b.not_xml"
    TOO_DEEP = "e2b.too_deep"
    WRONG_ROOT = "e2b.wrong_root"


_WORDS = {
    WireFault.TOO_LARGE: f"it has more than {MAX_BYTES} bytes, or more parts than any message",
    WireFault.ENCODING: "its characters are in no encoding that is taken here; UTF-8 is one",
    WireFault.DOCTYPE: "it has a DOCTYPE, which no message has",
    WireFault.NOT_XML: "it is no well-formed XML",
    WireFault.TOO_DEEP: f"it nests deeper than {MAX_DEPTH} elements",
    WireFault.WRONG_ROOT: "its first element is another: MCCI_IN200100UV01 begins a report,"
    " MCCI_IN200101UV01 an acknowledgement (induct safety ack)",
}


class NotReadableError(Exception):
    """Bytes that are not a message; ``fault`` says why. Never holds any of their content."""

    def __init__(self, fault: WireFault) -> None:
        super().__init__(fault.value)
        self.fault = fault

    @property
    def words(self) -> str:
        """The same for people."""
        return _WORDS[self.fault]


def read(raw: bytes) -> etree._Element:
    """The root of a document. Raises ``NotReadableError``."""
    try:
        return read_xml(raw, BOUNDS)
    except UnreadableXmlError as error:
        raise NotReadableError(WireFault(f"e2b.{error.fault.value}")) from None


def root_name(root: etree._Element) -> str:
    """The local name of an HL7 v3 root; raises ``NotReadableError`` for any other."""
    name = etree.QName(root)
    if name.namespace != HL7:
        raise NotReadableError(WireFault.WRONG_ROOT)
    return str(name.localname)


def to_bytes(root: etree._Element) -> bytes:
    """UTF-8 with declaration; the same tree gives the same bytes."""
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"
