"""Drug names and codes from an export of the sponsor's WHODrug, parted by ``$`` with a header.

The columns ``drug_code``, ``drug_name`` and ``atc`` are found by name, because the layouts of B3
and C3 differ; others are left aside.
"""

from dataclasses import dataclass
from pathlib import Path

from services.safety.e2b.terminology.asc import TerminologyError, records

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


def load_whodrug(file: Path, version: str) -> WhoDrug:
    """An export; its version is what the sponsor says it is. Raises ``TerminologyError``."""
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
    return WhoDrug(version, drugs)
