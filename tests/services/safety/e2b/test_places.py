"""Each element stands where the table of the FDA says, by its own XPath."""

import csv
import re
from collections.abc import Iterator
from functools import cache

import pytest
from lxml import etree

from services.safety.e2b.generate import generate
from services.safety.e2b.parse import parse
from services.safety.e2b.tree import HL7, XSI
from services.safety.e2b.wire import read
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.everything import everything
from tests.services.safety.e2b.samples import FOLDER, SCENARIOS, needs_samples, sample

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


def _value(root: etree._Element, path: str) -> str:
    found = root.xpath(path, namespaces=_NAMESPACES)
    if not isinstance(found, list):
        return str(found)
    return ("".join(found) if path.endswith("text()") else str(found[0] if found else "")).strip()


@needs_samples
def test_each_element_is_found_by_the_path_of_the_table_or_stands_elsewhere_for_a_reason() -> None:
    paths = dict(_paths())
    elsewhere = {name for names in _ELSEWHERE.values() for name in names.split()}
    lost = {name for name, path in paths.items() if not _value(_message(), path)}
    assert lost == elsewhere
    assert len(paths) - len(lost) == 199


@needs_samples
@pytest.mark.parametrize(
    ("name", "told"), [(SCENARIOS[0], 87), (SCENARIOS[1], 76), (SCENARIOS[2], 86)]
)
def test_the_paths_of_the_table_find_the_same_values_in_a_sample_and_in_its_export(
    name: str, told: int
) -> None:
    before, after = read(sample(name)), read(generate(parse(sample(name))))
    values = {element: _value(before, path) for element, path in _paths()}
    assert {element: _value(after, path) for element, path in _paths()} == values
    assert sum(bool(value) for value in values.values()) == told
