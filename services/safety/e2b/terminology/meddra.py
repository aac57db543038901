"""A MedDRA version from its ASCII distribution: lowest level terms, their currency, their PT.

Files and columns as the MSSO distributes them: ``meddra_release.asc`` (version, language),
``llt.asc`` (1 code, 2 name, 3 PT, 10 currency), ``pt.asc`` (1 code, 2 name, 4 primary SOC),
``soc.asc`` (1 code, 2 name).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.safety.e2b.terminology.asc import TerminologyError, records

_VERSION = re.compile(r"(\d{1,2})\.([01])\Z")
_CODE = re.compile(r"[0-9]{8}\Z")
_CURRENT = {"Y": True, "N": False}


@dataclass(frozen=True, slots=True)
class Term:
    """A lowest level term with its way up."""

    code: str
    name: str
    current: bool
    preferred: str
    preferred_name: str
    organ_class: str


class Meddra:
    """One version. Every code that is stored or sent is looked up here first."""

    def __init__(self, version: str, terms: dict[str, Term]) -> None:
        self._version = version
        self._terms = terms
        self._by_name = {term.name.casefold(): term for term in terms.values()}

    @property
    def version(self) -> str:
        return self._version

    def __len__(self) -> int:
        return len(self._terms)

    def term(self, code: str) -> Term | None:
        """A term, current or not."""
        return self._terms.get(code)

    def fault(self, code: str) -> str | None:
        """Why the code may not be sent; None for a current term."""
        term = self._terms.get(code)
        if term is None:
            return f"MedDRA {self._version} has no such lowest level term"
        return None if term.current else f"the term is not current in MedDRA {self._version}"

    def named(self, name: str) -> Term | None:
        """The term of exactly this name, capitals apart."""
        return self._by_name.get(name.strip().casefold())

    def search(self, words: str, most: int = 20) -> list[Term]:
        """Current terms that hold every word, shortest first."""
        wanted = words.casefold().split()
        found = [
            term
            for term in self._terms.values()
            if term.current and all(word in term.name.casefold() for word in wanted)
        ]
        return sorted(found, key=lambda term: (len(term.name), term.name, term.code))[:most]


def load_meddra(folder: Path, version: str | None = None) -> Meddra:
    """The version in a folder. Raises ``TerminologyError``, also if it is not ``version``."""
    told = _version(folder)
    if version is not None and told != version:
        raise TerminologyError(f"the folder holds MedDRA {told}, not {version}")
    classes = {record[0]: record[1] for record in records(folder / "soc.asc", 2)}
    preferred = {record[0]: record for record in records(folder / "pt.asc", 4)}
    terms = {term.code: term for term in _terms(folder, preferred, classes)}
    if not terms:
        raise TerminologyError("llt.asc holds no term")
    return Meddra(told, terms)


def previous_version(version: str) -> str:
    """MedDRA comes twice a year: before 28.1 was 28.0, before that 27.1. Raises ``ValueError``."""
    found = _VERSION.match(version)
    if found is None:
        raise ValueError("a MedDRA version is written 28.0 or 28.1")
    major = int(found[1])
    return f"{major}.0" if found[2] == "1" else f"{major - 1}.1"


def is_taken(version: str, in_force: str) -> bool:
    """Whether EudraVigilance takes a version: the one in force, or the one before."""
    return version in {in_force, previous_version(in_force)}


def _version(folder: Path) -> str:
    first = next(records(folder / "meddra_release.asc", 1), None)
    if first is None or not _VERSION.match(first[0]):
        raise TerminologyError("meddra_release.asc tells no version")
    return first[0]


def _terms(
    folder: Path, preferred: dict[str, list[str]], classes: dict[str, str]
) -> Iterator[Term]:
    for number, record in enumerate(records(folder / "llt.asc", 10), start=1):
        code, name, parent, currency = record[0], record[1], record[2], record[9]
        if not _CODE.match(code) or parent not in preferred or currency not in _CURRENT:
            raise TerminologyError(f"llt.asc, record {number}: code, PT or currency is unknown")
        above = preferred[parent]
        yield Term(
            code, name, _CURRENT[currency], parent, above[1], classes.get(above[3], above[3])
        )
