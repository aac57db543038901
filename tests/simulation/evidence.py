"""What a checker goes by: the database as a superuser sees it, and what others wrote down."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from tests.simulation.client import Log, Operation

Row = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """``folder`` holds the logs of server, desk and callers; ``url`` is a superuser's."""

    admin: psycopg.Connection[Any]
    url: str
    folder: Path
    log: Log
    secrets: dict[str, str]
    unspeakable: Sequence[str]
    """Passwords and keys of the deployment, which no log may hold."""

    def rows(self, query: str, *parameters: object) -> list[Row]:
        cursor = self.admin.cursor(row_factory=dict_row)
        return cursor.execute(query.encode(), parameters).fetchall()

    def count(self, query: str, *parameters: object) -> int:
        row = self.admin.execute(query.encode(), parameters).fetchone()
        assert row is not None
        return int(row[0])

    def operations(self, *kinds: str) -> list[Operation]:
        """What the callers wanted of these kinds."""
        return [each for each in self.log.operations.values() if each.intent.kind in kinds]

    def received(self) -> list[Row]:
        """What the desk got."""
        file = self.folder / "desk.jsonl"
        if not file.exists():
            return []
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
