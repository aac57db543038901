"""Writes the contracts to files, and finds where files and models have drifted apart."""

import itertools
import json
from pathlib import Path
from typing import Any

from infra.contracts.asyncapi import asyncapi_document
from infra.contracts.catalogue import events
from infra.topology import read_topology
from shared.contracts.compatibility import breaking_changes
from shared.contracts.envelope import EventData

PROJECT = Path(__file__).resolve().parents[2]
SCHEMAS = PROJECT / "shared" / "contracts" / "schemas"
ASYNCAPI = PROJECT / "docs" / "asyncapi.yaml"


def schema_of(event: type[EventData]) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    schema = event.model_json_schema(mode="serialization")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:induct:event:{event.type}:{event.data_version}",
        **schema,
    }


def schema_file(event: type[EventData]) -> Path:
    return SCHEMAS / event.type / f"{event.data_version}.json"


def contents() -> dict[Path, str]:
    """What every generated file must hold."""
    files = {schema_file(event): _pretty(schema_of(event)) for event in events()}
    topology = read_topology(PROJECT / "template.yaml")
    return files | {ASYNCAPI: asyncapi_document(topology)}


def write_all() -> list[Path]:
    """Write all files; answer those that changed."""
    changed = []
    for path, text in contents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            changed.append(path.relative_to(PROJECT))
    return changed


def differences(schemas: Path = SCHEMAS) -> list[str]:
    """Every file that is not what the models say, and every broken promise to a reader.

    A released version never changes; a new one must be readable by those who know the old one,
    and must still describe every event of the old one that lies in an archive.
    """
    found = []
    for path, text in contents().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            found.append(f"{path.relative_to(PROJECT)} is not what the models say")
    return found + [line for folder in sorted(schemas.iterdir()) for line in _breaks(folder)]


def _breaks(folder: Path) -> list[str]:
    versions = sorted(folder.glob("*.json"), key=lambda f: tuple(map(int, f.stem.split("."))))
    found = []
    for old, new in itertools.pairwise(versions):
        if old.stem.split(".")[0] != new.stem.split(".")[0]:
            continue  # a new major version is a new promise
        changes = breaking_changes(json.loads(old.read_text()), json.loads(new.read_text()))
        found += [f"{folder.name} {old.stem} -> {new.stem}: {change}" for change in changes]
    return found


def _pretty(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"
