"""XML of strangers: read without entities, files or network, and within bounds.

A document type declaration is refused before any parser sees it: no entity is ever defined, let
alone resolved.
"""

import codecs
import hashlib
import json
import re
from collections.abc import Iterator

from lxml import etree

from services.assessments.domain.rave.refusals import Code, refuse
from services.assessments.domain.rave.xml_names import MDSOL_NAMESPACE

# A request function takes 6 MB as base64 (AWS Lambda quotas), which is 4.5 MB of bytes.
MAX_BYTES = 4_500_000
MAX_DEPTH = 24
MAX_NODES = 400_000
MAX_ATTRIBUTES = 100

_ODM_FAMILY = "http://www.cdisc.org/ns/odm/v1."
_DECLARATION = re.compile(r"\A<\?xml\s[^>]{0,200}?\?>", re.ASCII)
_ENCODING = re.compile(r"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", re.ASCII)
_TAKEN = {False: {"utf-8", "utf8", "us-ascii", "ascii"}, True: {"utf-16", "utf16"}}


def read(raw: bytes) -> etree._Element:
    """The root of a document. Raises ``RaveRefusedError``."""
    if len(raw) > MAX_BYTES:
        raise refuse(Code.TOO_LARGE)
    text = _decode(raw)
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refuse(Code.DOCTYPE)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        remove_blank_text=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError):
        raise refuse(Code.NOT_XML) from None
    if root is None:
        raise refuse(Code.NOT_XML)
    _bound(root)
    return root


def _decode(raw: bytes) -> str:
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if wide else "utf-8-sig").lstrip()
    except UnicodeDecodeError:
        raise refuse(Code.ENCODING) from None
    declaration = _DECLARATION.match(text)
    if declaration is None:
        return text
    named = _ENCODING.search(declaration[0])
    if named and named[1].lower() not in _TAKEN[wide]:
        raise refuse(Code.ENCODING)
    return text[declaration.end() :]


def _bound(root: etree._Element) -> None:
    depth = nodes = 0
    for happened, element in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if happened == "start" else -1
        nodes += happened == "start"
        if depth > MAX_DEPTH or nodes > MAX_NODES or len(element.attrib) > MAX_ATTRIBUTES:
            raise refuse(Code.TOO_DEEP)


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
    if not isinstance(element.tag, str):
        return ""
    name = etree.QName(element)
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
    found = element.get(f"{{{MDSOL_NAMESPACE}}}{name}")
    return None if found is None else str(found)
