"""Drug names and codes of the sponsor's WHODrug: its B3 or C3 text files, or an export.

An export is parted by ``$`` with a header, in which the columns ``drug_code``, ``drug_name`` and
``atc`` are found by name; others are left aside.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.safety.e2b.tables import load
from services.safety.e2b.terminology.asc import TerminologyError, lines, records

_COLUMNS = ("drug_code", "drug_name", "atc")


@dataclass(frozen=True, slots=True)
class DrugName:
    """A drug by its code, with the ATC code of the export."""

    code: str
    name: str
    atc: str


class WhoDrug:
    """One version of the dictionary."""

    def __init__(self, version: str, drugs: dict[str, DrugName]) -> None:
        self.version = version
        self._drugs = drugs

    def drug(self, code: str) -> DrugName | None:
        return self._drugs.get(code)

    def search(self, words: str, most: int = 20) -> list[DrugName]:
        """Names that hold every word, shortest first."""
        wanted = words.casefold().split()
        found = [
            drug
            for drug in self._drugs.values()
            if all(word in drug.name.casefold() for word in wanted)
        ]
        return sorted(found, key=lambda drug: (len(drug.name), drug.name, drug.code))[:most]


def load_whodrug(place: Path, version: str) -> WhoDrug:
    """The files of B3 or C3 in a folder, or an export; the version is what the sponsor says it is.

    Raises ``TerminologyError``.
    """
    if not place.is_dir():
        return WhoDrug(version, _of_export(place))
    products = place / load("whodrug_c3")["files"]["names"]
    return WhoDrug(version, _of_c3(place) if products.exists() else _of_b3(place))


def _of_c3(folder: Path) -> dict[str, DrugName]:
    """Each name once by its drug code, with the class of the first of its products: what else a
    product is (country, holder, form, strength) is no part of the code."""
    layout = load("whodrug_c3")
    files, at, most = layout["files"], layout["names"], layout["most_bytes"]
    first: dict[str, str] = {}
    names: dict[str, str] = {}
    for number, line in lines(folder / files["names"], most):
        code, name = _field(line, at["code"]), _field(line, at["name"])
        whole = code.isascii() and code.isdigit() and len(code) == at["code"][1] and name
        # In the older C files the name is shorter, and other fields follow where it goes on here.
        if not whole or "   " in name:
            raise TerminologyError(f"{files['names']}, line {number}: no drug code and name")
        if code not in names:
            names[code] = name
            first[_field(line, at["product"])] = code
    classes = _classes_of_products(folder / files["classes"], first, most)
    return {code: DrugName(code, name, classes.get(code, "")) for code, name in names.items()}


def _classes_of_products(file: Path, codes: Mapping[str, str], most: int) -> dict[str, str]:
    """The ATC code of each drug code, by its product; the official one where there are several."""
    at = load("whodrug_c3")["classes"]
    found: dict[str, str] = {}
    official = set()
    for _, line in lines(file, most):
        code = codes.get(_field(line, at["product"]))
        if code is None or code in official:
            continue
        if _field(line, at["official"]) in {"*", "Y"}:
            official.add(code)
        elif code in found:
            continue
        found[code] = _field(line, at["atc"])
    return found


def _of_b3(folder: Path) -> dict[str, DrugName]:
    layout = load("whodrug_b3")
    files, at = layout["files"], layout["names"]
    classes = _classes(folder / files["classes"])
    first, preferred = layout["classes"]["preferred"]
    drugs = {}
    for number, line in lines(folder / files["names"]):
        code, name = _field(line, at["code"]), line[at["name"] :].strip()
        if not (code.isascii() and code.isdigit() and len(code) == at["code"][1] and name):
            raise TerminologyError(f"{files['names']}, line {number}: no drug code and name")
        # A name that has no class of its own has that of its preferred name.
        atc = classes.get(code) or classes.get(code[:first] + preferred, "")
        drugs[code] = DrugName(code, name, atc)
    return drugs


def _classes(file: Path) -> dict[str, str]:
    """The ATC code of each drug code; the official one where there are several."""
    at = load("whodrug_b3")["classes"]
    found: dict[str, str] = {}
    official = set()
    for _, line in lines(file):
        code, atc = _field(line, at["code"]), _field(line, at["atc"])
        is_official = _field(line, at["official"]) == "*"
        if code not in found or (is_official and code not in official):
            found[code] = atc
        if is_official:
            official.add(code)
    return found


def _field(line: str, at: list[int]) -> str:
    return line[at[0] : at[0] + at[1]].strip()


def _of_export(file: Path) -> dict[str, DrugName]:
    rows = records(file, len(_COLUMNS))
    header = [name.casefold() for name in next(rows, [])]
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise TerminologyError(f"{file.name} has no column {missing[0]}")
    code, name, atc = (header.index(column) for column in _COLUMNS)
    last = max(code, name, atc)
    drugs = {}
    for number, row in enumerate(rows, start=2):
        if len(row) <= last or not row[code]:
            raise TerminologyError(f"{file.name}, line {number}: a column is missing")
        drugs[row[code]] = DrugName(row[code], row[name], row[atc])
    return drugs
