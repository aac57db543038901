"""The files of nights, as their store keeps them: each under the SHA-256 of its content."""

import json
from collections.abc import Iterator
from pathlib import Path

from infra.copies.archive import CLOSED
from shared.artefacts import ArtefactStore

ARTEFACTS = f"{CLOSED}/artefacts"
# The tables that name a file of the store, and the column that holds its key.
_NAMED = (("analytics.artefact", "object_key"), ("analytics.run", "manifest_key"))


def write_artefacts(store: ArtefactStore, folder: Path) -> int:
    """Write every file that the archived rows name, once; answers how many.

    Raises ``ArtefactError`` where one is not there, or is not what it was.
    """
    keys = sorted({key for table, column in _NAMED for key in _keys(folder, table, column)})
    for key in keys:
        place = folder / ARTEFACTS / key
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(store.get(key))
    return len(keys)


def _keys(folder: Path, table: str, column: str) -> Iterator[str]:
    with (folder / CLOSED / f"{table}.ndjson").open(encoding="utf-8") as rows:
        for row in rows:
            key = json.loads(row)[column]
            if key is not None:
                yield key
