"""The files of a copy: fetched from the service, named in a manifest, certified."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.home import Home

if TYPE_CHECKING:
    from infra.cli.client import Client

FORMATS = ("dataset-json", "dataset-ndjson", "xpt", "odm", "csv")
_FOLDERS = {
    "json": "dataset-json", "ndjson": "dataset-ndjson", "xpt": "xpt", "xml": "odm", "csv": "csv",
}  # fmt: skip
# Who fetches which variant; the role matrix lets others as well.
VARIANTS = {
    "blinded": ("/exports", "data_manager"),
    "unblinded": ("/closed/exports", "statistician"),
}


@dataclass(frozen=True)
class Copy:
    """A copy that was made: what the service answers of it, and its certificate's digest."""

    made: dict[str, Any]
    files: int
    digest: str


def copied(
    home: Home, study: str, wanted: dict[str, Any], variant: str, out: Path, about: dict[str, Any]
) -> Copy:
    """Make a copy in a folder. ``about`` is said of it in its manifest."""
    from infra.cli.client import Client
    from infra.copies.certificate import MANIFEST, certify, write

    with Client(home, study) as client:
        path, role = VARIANTS[variant]
        made = client.post("assessments", path, wanted, role=role, key=str(uuid.uuid4()))
        where = f"{path}/{made['export_id']}/files"
        files = [_fetch(client, f"{where}/{each['name']}", role, out) for each in made["files"]]
    manifest = {
        "study": study,
        "variant": variant,
        "as_of": made["as_of"],
        "definition_version": made["definition_version"],
        "mapping": {
            "id": "sdtm", "version": made["mapping_version"], "sha256": made["mapping_hash"],
        },
        **about,
        "files": files,
    }  # fmt: skip
    write(out / MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
    return Copy(made, len(files), certify(out, manifest, made))


def _fetch(client: "Client", path: str, role: str, out: Path) -> dict[str, Any]:
    """Write a file piece by piece, under its name only when all of it is there."""
    name = path.rsplit("/", 1)[-1]
    target = out / placed(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(name + ".part")
    digest, size = hashlib.sha256(), 0
    with unfinished.open("wb") as file:
        for piece in client.stream("assessments", path, role=role):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    unfinished.replace(target)
    return {"name": placed(name), "bytes": size, "sha256": digest.hexdigest()}


def placed(name: str) -> str:
    """Where a file of the service lies in a copy."""
    place = "xpt" if name == "xpt-notes.json" else _FOLDERS[name.rsplit(".", 1)[-1]]
    return f"{place}/{name}"
