"""Drug names and codes of the sponsor's WHODrug: its B3 text files, or an export.

An export is parted by ``$`` with a header, in which the columns ``drug_code``, ``drug_name`` and
``atc`` are found by name; others are left aside.
"""

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
    """The files of B3 in a folder, or an export; the version is what the sponsor says it is.

    Raises ``TerminologyError``.
    """
    return WhoDrug(version, _of_b3(place) if place.is_dir() else _of_export(place))


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
