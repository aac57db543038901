"""The MedDRA version of this deployment: a folder of the sponsor's, if one is configured."""

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.safety.e2b.terminology.meddra import Meddra, load_meddra

FOLDER_VARIABLE = "INDUCT_MEDDRA"


def terminology(environment: Mapping[str, str] | None = None) -> Meddra | None:
    """The loaded version, None without one. Raises ``TerminologyError`` for a bad folder."""
    folder = (os.environ if environment is None else environment).get(FOLDER_VARIABLE)
    return _of(Path(folder)) if folder else None


@cache
def _of(folder: Path) -> Meddra:
    return load_meddra(folder)
