"""XML of an EDC as elements of ODM, within the bounds of a request."""

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache

from lxml import etree

from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.domain.rave.xml_names import MDSOL_NAMESPACE
from shared.xml import UnreadableXmlError, XmlBounds, XmlFault, read_xml

# A request function takes 6 MB as base64 (AWS Lambda quotas), which is 4.5 MB of bytes.
MAX_BYTES = 4_500_000
MAX_DEPTH = 24
MAX_NODES = 400_000
MAX_ATTRIBUTES = 100

_BOUNDS = XmlBounds(MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_ATTRIBUTES)
_CODES = {
    XmlFault.TOO_LARGE: Code.TOO_LARGE,
    XmlFault.ENCODING: Code.ENCODING,
    XmlFault.DOCTYPE: Code.DOCTYPE,
    XmlFault.NOT_XML: Code.NOT_XML,
    XmlFault.TOO_DEEP: Code.TOO_DEEP,
}
_MDSOL = f"{{{MDSOL_NAMESPACE}}}"
_ODM_FAMILY = "http://www.cdisc.org/ns/odm/v1."


def read(raw: bytes) -> etree._Element:
    """The root of a document, without the blanks of its layout. Raises ``RaveRefusedError``."""
    try:
        return read_xml(raw, _BOUNDS, blank_texts=False)
    except UnreadableXmlError as error:
        raise refuse(_CODES[error.fault]) from None


def content_hash(root: etree._Element) -> str:
    """SHA-256 over names, attributes and texts, without prefixes, layout or CreationDateTime."""
    parts: list[object] = []
    for happened, element in etree.iterwalk(root, events=("start", "end")):
        if happened == "end":
            parts.append(0)
            continue
        own = sorted(element.items())
        if element is root:
            own = [pair for pair in own if pair[0] != "CreationDateTime"]
        parts += (element.tag, (element.text or "").strip(), own)
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def local(element: etree._Element) -> str:
    """The name of an ODM element, ``mdsol:Name`` of a Medidata one, "" of anything else."""
    return _named(element.tag) if isinstance(element.tag, str) else ""


@lru_cache(maxsize=512)
def _named(tag: str) -> str:
    name = etree.QName(tag)
    if name.namespace is None or name.namespace.startswith(_ODM_FAMILY):
        return str(name.localname)
    return f"mdsol:{name.localname}" if name.namespace == MDSOL_NAMESPACE else ""


def children(element: etree._Element, at: str) -> Iterator[tuple[str, etree._Element, str]]:
    """Each child with its name and its place, counted among those of its name."""
    counts: dict[str, int] = {}
    for child in element:
        name = local(child)
        counts[name] = counts.get(name, 0) + 1
        yield name, child, f"{at}/{name or '*'}[{counts[name]}]"


def mdsol(element: etree._Element, name: str) -> str | None:
    """A Medidata attribute."""
    found = element.get(_MDSOL + name)
    return None if found is None else str(found)
