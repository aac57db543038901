"""The files of a list: its secret, the list as its maker keeps it, and what is revealed."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.cli.console import Refused
from services.randomization.domain import commitments, merkle, slots
from services.randomization.domain.reveal import as_published
from shared.study import StudyDefinition

HASHED = 16


@dataclass(frozen=True, repr=False)
class Secret:
    """What a generated list follows from. It has no repr, so that it is not shown by accident."""

    study: str
    list_id: str
    method: str
    site: str | None
    secret: bytes
    root: str
    slots: int

    def as_sealing(self) -> dict[str, Any]:
        return {
            "method": self.method,
            "list_id": self.list_id,
            "secret": self.secret.hex(),
            "purpose": "central" if self.site is None else "downtime",
            "site": self.site,
        }


def read_secret(file: Path) -> Secret:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        secret = bytes.fromhex(content["secret"])
        read = Secret(
            study=content["study"],
            list_id=content["list_id"],
            method=content["method"],
            site=content["downtime_site"],
            secret=secret,
            root=content["root"],
            slots=content["slots"],
        )
    except OSError:
        raise Refused(f"There is no file {file}.") from None
    except (ValueError, KeyError, TypeError):
        raise Refused(f"{file} is no secret that `induct randomization generate` wrote.") from None
    if len(secret) != commitments.SALT_BYTES:
        raise Refused(f"The secret in {file} has not 32 bytes.")
    return read


def write_list(
    definition: StudyDefinition, list_id: str, secret: bytes, out: Path, site: str | None
) -> dict[str, Any]:
    """Write ``LIST.secret.json`` and ``LIST.csv``; answers what the second person will be told.

    ``site`` makes the envelopes of that site instead of the study's own list. Raises ``Refused``.
    """
    made = _made(definition, list_id, secret, site)
    leaves = [
        commitments.commitment(
            list_id,
            slot.label,
            slot.position,
            commitments.salt(secret, list_id, slot.label, slot.position),
            slot.content,
        )
        for slot in sorted(made, key=lambda slot: (slot.label.encode(), slot.position))
    ]
    told = {"slots": len(made), "root": merkle.root(leaves).hex()}
    table, kept = out / f"{list_id}.csv", out / f"{list_id}.secret.json"
    if kept.exists() and read_secret(kept).secret != secret:
        raise Refused(f"{kept} holds another secret; it is not overwritten.")
    out.mkdir(parents=True, exist_ok=True)
    write_private(table, _as_table(made))
    content = {
        "study": definition.id,
        "list_id": list_id,
        "method": definition.randomization.scheme.method,
        "downtime_site": site,
        "definition_version": definition.version,
        "secret": secret.hex(),
        **told,
    }
    write_private(kept, json.dumps(content, indent=1) + "\n")
    return {"list": str(table), "secret": str(kept), **told}


def _made(
    definition: StudyDefinition, list_id: str, secret: bytes, site: str | None
) -> list[slots.Slot]:
    capacity = None
    if site is not None:
        capacity = definition.randomization.envelopes_per_stratum
        if capacity == 0:
            raise Refused("The study has no envelopes for downtime.")
    try:
        return slots.generate(definition, list_id, secret, capacity=capacity)
    except ValueError as error:
        raise Refused(f"{error}.") from None


def _as_table(made: Sequence[slots.Slot]) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("stratum", "position", "content"))
    rows.writerows((slot.label, slot.position, slot.content) for slot in made)
    return text.getvalue()


def upload(file: Path, list_id: str, sha256: str, rows: int) -> dict[str, Any]:
    """The body that uploads a CSV file. Raises ``Refused`` where there is none, or no text."""
    try:
        # Byte for byte: a changed line end would be another file than its maker stated.
        content = file.read_bytes().decode()
    except OSError:
        raise Refused(f"There is no file {file}.") from None
    except UnicodeDecodeError:
        raise Refused(f"{file} is not UTF-8 text.") from None
    return {
        "method": "uploaded_list",
        "list_id": list_id,
        "csv": content,
        "sha256": sha256.lower(),
        "rows": rows,
    }


def kind_of(file: Path) -> str:
    """Which proof a file holds: ``manifest``, ``allocation`` or ``reveal``. Raises ``Refused``."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise Refused(f"There is no file {file}.") from None
    except ValueError:
        return "reveal"  # the verifier tells where it is broken
    names = set(content) if isinstance(content, dict) else set()
    for name, kind in (("slots", "reveal"), ("opening", "allocation"), ("manifest", "manifest")):
        if name in names:
            return kind
    raise Refused(f"{file} is neither a manifest, nor an allocation, nor a revealed list.")


def write_reveal(file: Path, opened: Mapping[str, Any], drawn: Secret | None) -> None:
    """Write what the service has opened, with the statistician's secret, as it is published."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(as_published(opened, None if drawn is None else drawn.secret))


def run_verifier(program: Path, arguments: Sequence[str]) -> int:
    """Run the verifier as anybody would, as a program of its own; answers its exit status."""
    return subprocess.run([sys.executable, "-I", str(program), *arguments], check=False).returncode


def key(what: str, body: Mapping[str, Any]) -> str:
    """An Idempotency-Key that is the same for the same command given again."""
    said = json.dumps([what, body], sort_keys=True)
    return "cli-" + hashlib.sha256(said.encode()).hexdigest()[: 2 * HASHED]


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def write_private(file: Path, content: str) -> None:
    """Mode 0600 from its first byte."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(content, encoding="utf-8")
    unfinished.replace(file)
