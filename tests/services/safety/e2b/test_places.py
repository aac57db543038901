"""Each element stands where the table of the FDA says, by its own XPath."""

import csv
import re
from collections.abc import Iterator
from functools import cache

from lxml import etree

from services.safety.e2b.generate import generate
from services.safety.e2b.tree import HL7, XSI
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.samples import FOLDER, needs_samples

_NAMESPACES = {"h": HL7, "xsi": XSI}
_NAME = re.compile(r"(?<![@\w'\-.:])([A-Za-z_]\w*)(?=[\s/\[\]@=]|$)")
_UUIDS = {
    "UUID of k-th drug": reports.SUSPECT,
    "UUID of k-th drag": reports.SUSPECT,
    "UUID of i-th reaction": reports.EVENT,
}
# Where the path of the table finds nothing in our message, and why that is right.
_ELSEWHERE = {
    "the samples of the FDA, which its gateway took, have it elsewhere": (
        "FDA.C.1.7.1 FDA.C.1.12 FDA.C.5.5a FDA.C.5.5b FDA.C.5.6.r FDA.D.11.r.1 FDA.E.i.3.2h"
    ),
    "start, end and duration of one event need an expression of times": "E.i.4 E.i.6a E.i.6b",
    "the code system is the EDQM's, as in the samples": (
        "G.k.4.r.9.1 G.k.4.r.9.2a G.k.4.r.9.2b G.k.4.r.10.1 G.k.4.r.10.2a G.k.4.r.10.2b "
        "G.k.4.r.11.1 G.k.4.r.11.2a G.k.4.r.11.2b"
    ),
}
_NOT_OURS = re.compile(r"FDA\.G\.k|\(Header\)|G\.k\.9\.i\.1\Z")


def _paths() -> Iterator[tuple[str, str]]:
    file = FOLDER / "tables" / "fda-core-regional-data-elements-v1.csv"
    with file.open(encoding="utf-8-sig", newline="") as rows:
        for row in list(csv.reader(rows))[2:]:
            name = row[2].strip()
            found = [cell for cell in row[28:60] if cell.startswith(("/MCCI", "substring"))]
            if found and name and not _NOT_OURS.match(name):
                yield name, _readable(found[0])


def _readable(path: str) -> str:
    """The table's notation as XPath: placeholders filled in, slips of the pen mended."""
    path = re.sub(r"\[@(ITSVersion|xsi:schemaLocation)=[^\]]*\]", "", " ".join(path.split()))
    for placeholder, uuid in _UUIDS.items():
        path = path.replace(placeholder, uuid)
    path = re.sub(r"\[[rikj]\]", "[1]", path).replace("code@", "code/@").replace("/ ", "/")
    return _NAME.sub(lambda found: f"h:{found[1]}", path)


@cache
def _message() -> etree._Element:
    return etree.fromstring(generate(everything()))


def _stands(path: str) -> bool:
    found = _message().xpath(path, namespaces=_NAMESPACES)
    return bool(found[0] if isinstance(found, list) and found else found)


@needs_samples
def test_each_element_is_found_by_the_path_of_the_table_or_stands_elsewhere_for_a_reason() -> None:
    paths = dict(_paths())
    elsewhere = {name for names in _ELSEWHERE.values() for name in names.split()}
    lost = {name for name, path in paths.items() if not _stands(path)}
    assert lost == elsewhere
    assert len(paths) - len(lost) == 199
