"""The certificate of a copy: what it is of, when and by whom it was made, each file's hash.

ICH E6(R3), glossary: a certified copy is verified, by a dated signature or by a validated process,
to have the same information as the original, with its context, content and structure. Here it is
the process: the files are made by the system that holds the originals, are hashed as they are
made, and can be made again and compared (``induct export verify --against``).
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from infra.copies.page import certificate_page

FORMAT = "induct-certificate/1"
CERTIFICATE, PAGE, MANIFEST = "certificate.json", "certificate.html", "manifest.json"
PROCESS = (
    "Made by the system that holds the original records, from their state at the instant named; "
    "each file was hashed as it was made. The same instant makes the same bytes again."
)
BLINDED = (
    "Not told in a blinded copy: how long the trail of a subject is follows from forms that one "
    "arm has and the other has not."
)


def certify(folder: Path, manifest: Mapping[str, Any], made: Mapping[str, Any]) -> str:
    """Write the certificate beside the files and their manifest; answers its digest.

    ``made`` is the service's answer about the export.
    """
    content = _content(manifest, made)
    write(folder / PAGE, certificate_page(content))
    content["files"] += [described(folder, name) for name in (MANIFEST, PAGE)]
    content["digest"] = digest_of(content)
    write(folder / CERTIFICATE, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return str(content["digest"])


def _content(manifest: Mapping[str, Any], made: Mapping[str, Any]) -> dict[str, Any]:
    about = {k: manifest[k] for k in ("synthetic", "seed", "children") if k in manifest}
    heads = made["trail"]
    return {
        "format": FORMAT,
        "study": manifest["study"],
        "variant": manifest["variant"],
        **about,
        "as_of": manifest["as_of"],
        "made_at": made["requested_at"],
        "made_by": {"account": made["requested_by"], "role": made["requested_as"]},
        "export_id": made["export_id"],
        "process": PROCESS,
        "system_version": made["system_version"],
        "definition": {
            "version": made["definition_version"], "open_sha256": made["definition_hash"],
        },
        "mapping": manifest["mapping"],
        "trail": {"why_not": BLINDED} if heads is None else {"heads": heads},
        "files": list(manifest["files"]),
    }  # fmt: skip


def described(folder: Path, name: str) -> dict[str, Any]:
    """Name, size and hash of a file in a folder. Raises ``OSError``."""
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"name": name, "bytes": (folder / name).stat().st_size, "sha256": digest}


def digest_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the content but its digest: JSON with names in order and no blanks."""
    rest = {name: value for name, value in content.items() if name != "digest"}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write(file: Path, text: str) -> None:
    """Text as UTF-8 with line ends as they are, on every system."""
    file.write_bytes(text.encode())


def total(files: Iterable[Mapping[str, Any]]) -> int:
    """Bytes of files together."""
    return sum(int(each["bytes"]) for each in files)
