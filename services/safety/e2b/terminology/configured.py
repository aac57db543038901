"""The dictionaries of this deployment: files of the sponsor's licences, where they are configured.

They are read once a process: another version needs a start.
"""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.safety.e2b.terminology.asc import TerminologyError
from services.safety.e2b.terminology.meddra import Meddra, load_meddra
from services.safety.e2b.terminology.whodrug import WhoDrug, load_whodrug

FOLDER_VARIABLE = "INDUCT_MEDDRA"
DRUGS_VARIABLE = "INDUCT_WHODRUG"
DRUGS_VERSION_VARIABLE = "INDUCT_WHODRUG_VERSION"


def terminology(environment: Mapping[str, str] | None = None) -> Meddra | None:
    """The loaded version, None without one. Raises ``TerminologyError`` for a bad folder."""
    folder = (os.environ if environment is None else environment).get(FOLDER_VARIABLE)
    return _of(Path(folder)) if folder else None


def drug_dictionary(environment: Mapping[str, str] | None = None) -> WhoDrug | None:
    """The loaded WHODrug, None without one. Its files tell no version, so a deployment must.

    Raises ``TerminologyError`` for a file that cannot be read, or one without a version.
    """
    told = os.environ if environment is None else environment
    file, version = told.get(DRUGS_VARIABLE), told.get(DRUGS_VERSION_VARIABLE)
    if not file:
        return None
    if not version:
        raise TerminologyError(f"{DRUGS_VERSION_VARIABLE} does not say which version it is")
    return _drugs_of(Path(file), version)


@cache
def _drugs_of(file: Path, version: str) -> WhoDrug:
    return load_whodrug(file, version)


@cache
def _of(folder: Path) -> Meddra:
    return load_meddra(folder)
