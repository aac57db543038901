"""``induct assessments submit``: a file of records, sent in parts, written in the background."""

import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.client import Client
from infra.cli.console import Refused, say, table
from infra.local.home import Home

PART_BYTES = 500_000
SHOWN_FAULTS = 20
SUFFIXES = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv"}


def submit(
    file: Annotated[Path, typer.Argument(help="Records as .ndjson or .csv; see docs/api/bulk.md.")],
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    site: Annotated[list[str], typer.Option(help="Site whose records they are; repeatable.")],
    role: Annotated[str, typer.Option(help="coordinator or investigator.")] = "coordinator",
    dry_run: Annotated[bool, typer.Option(help="Judge every row, store nothing.")] = False,
    atomic: Annotated[bool, typer.Option(help="Store all rows or none.")] = False,
    file_id: Annotated[
        str | None, typer.Option(help="Taken once for good; by default the hash of the file.")
    ] = None,
) -> None:
    """Send a file of records to a running stack and wait for what became of its rows.

    Broken off, the same command goes on where it stopped. Ends with 1 where a row was refused.
    """
    if file.suffix not in SUFFIXES:
        raise Refused(f"{file} is neither .ndjson nor .csv.")
    name = file_id or f"sha256:{_digest(file)}"
    options = {"format": SUFFIXES[file.suffix], "atomic": atomic, "dry_run": dry_run}
    with Client(Home.from_environment(), study) as client:
        call = _Call(client, role, site)
        key = f"{name}/{atomic}/{time.time_ns() if dry_run else ''}"
        job = call.post("/jobs", options | {"file_id": name}, key)
        if job["state"] != "receiving":
            say(f"The file {name} was taken before; nothing is sent again.")
        for offset, part, last in _parts(file, int(job["received"])):
            if job["state"] == "receiving":
                path = f"/jobs/{job['job_id']}/parts?offset={offset}&last={str(last).lower()}"
                job = call.send(path, part, f"{job['job_id']}/{offset}")
        job = _finished(call, job["job_id"])
        _tell(call, job)
    if job["refused"]:
        raise typer.Exit(1)


class _Call:
    def __init__(self, client: Client, role: str, sites: list[str]) -> None:
        self._client = client
        self._who: dict[str, Any] = {"role": role, "sites": sites}

    def post(self, path: str, body: Any, key: str) -> dict[str, Any]:
        return self._client.post("assessments", path, body, key=key, **self._who)

    def send(self, path: str, content: bytes, key: str) -> dict[str, Any]:
        return self._client.send("assessments", path, content, key=key, **self._who)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return self._client.get("assessments", path, **self._who, **query)


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{file} cannot be opened: {error.strerror}") from None


def _parts(file: Path, offset: int) -> Iterator[tuple[int, bytes, bool]]:
    """The parts from a place on, each with its place and whether the file ends with it."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        opened.seek(offset)
        while True:
            part = opened.read(PART_BYTES)
            yield offset, part, offset + len(part) >= size
            offset += len(part)
            if offset >= size:
                return


def _finished(call: _Call, job_id: str) -> dict[str, Any]:
    """The job once it is over; how far it is meanwhile is told once a change."""
    told = -1
    while True:
        job = call.get(f"/jobs/{job_id}")
        if job["rows_done"] != told:
            told = job["rows_done"]
            typer.echo(f"{told} of {job['rows_received']} rows", err=True)
        if job["state"] in {"done", "refused"}:
            return job
        time.sleep(0.1)


def _tell(call: _Call, job: dict[str, Any]) -> None:
    counted = ", ".join(
        f"{job[name]} {name}" for name in ("created", "corrected", "unchanged", "refused")
    )
    stored = "nothing stored: " if job["dry_run"] or job["state"] == "refused" else ""
    say(f"{job['job_id']}: {stored}{counted}")
    if job["refused"]:
        faults = call.get(f"/jobs/{job['job_id']}/errors", limit=SHOWN_FAULTS)
        rows = [(f["row"], f["pointer"], f["code"], f["detail"]) for f in faults["items"]]
        table(("row", "where", "code", "what"), rows)
        if faults["next"]:
            say(f"More: GET /jobs/{job['job_id']}/errors?after={faults['next']}")
