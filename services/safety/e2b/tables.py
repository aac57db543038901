"""The tables of this package: facts as TOML files in ``data``, read once."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "data"


@cache
def load(name: str) -> dict[str, Any]:
    """One file, without its suffix; callers must not change what they get."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def names(prefix: str) -> list[str]:
    """The files of one kind, in order of their names."""
    return sorted(path.stem for path in _FOLDER.glob(f"{prefix}*.toml"))
