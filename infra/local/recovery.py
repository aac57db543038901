"""A backup of this machine's database, and the drill that shows that it can be restored."""

import hashlib
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from infra.database.cast import LOGINS, PLATFORM
from infra.database.fingerprint import Fingerprint, differences, fingerprint
from infra.database.heads_store import HeadsStore
from infra.database.proof import prove
from infra.database.roles import bootstrap
from infra.local.home import DATABASE, LoginUrls
from infra.postgres import Cluster

# From docs/runbook.md: back within four hours, at most five minutes lost.
RTO_SECONDS = 4 * 3600
RPO_SECONDS = 5 * 60
_LOST = "SELECT count(*) FROM platform.audit WHERE recorded_at > %s"


class RecoveryError(RuntimeError):
    """A program of Postgres refused; the message holds its words."""


@dataclass(frozen=True)
class Drill:
    """What a drill showed. ``rpo_seconds``: how old the backup was, which is what an accident at
    that moment would have cost at most; ``lost``: rows of the trail that came since."""

    backup: str
    rto_seconds: float
    steps: Mapping[str, float]
    rpo_seconds: float
    lost: int | None
    rows: int
    faults: Sequence[str]

    @property
    def good(self) -> bool:
        return not self.faults and self.rto_seconds <= RTO_SECONDS


def back_up(admin_url: str, programs: Path, out: Path) -> Fingerprint:
    """Dump the database into ``out`` and write what it held beside it, of one snapshot.

    ``programs``: the folder of Postgres' programs. Raises ``RecoveryError``.
    """
    with psycopg.connect(admin_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = connection.execute("SELECT pg_export_snapshot()").fetchone()
        snapshot = "" if row is None else str(row[0])
        _run(programs / "pg_dump", admin_url, "--format=custom", f"--snapshot={snapshot}",
             f"--file={out}")  # fmt: skip
        out.chmod(0o600)
        held = fingerprint(connection)
    told = held.to_json() | {"sha256": _sha256(out)}
    _beside(out).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return held


def drill(
    backup: Path, heads: HeadsStore, passwords: Mapping[str, str], live_url: str | None
) -> Drill:
    """Restore a backup into a new cluster that is thrown away afterwards, and look whether all is
    there: every table, the trail against its heads, the outbox, the answers that were given.

    ``live_url``: the database that goes on, to count what came since. Raises ``RecoveryError``.
    """
    held = _read(backup)
    steps: dict[str, float] = {}
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="induct-drill-") as folder:
        Path(folder).chmod(0o755)  # root's Postgres runs as somebody else, who must get there
        cluster = Cluster(Path(folder) / "postgres")
        try:
            cluster.start()
            steps["cluster"] = time.monotonic() - began
            url = cluster.superuser_url()
            bootstrap(url, DATABASE, {login.name: passwords[login.name] for login in LOGINS})
            target = cluster.superuser_url(DATABASE)
            _run(
                cluster.binaries().directory / "pg_restore", target, "--exit-on-error", str(backup)
            )
            steps["restored"] = time.monotonic() - began
            with psycopg.connect(target) as connection:
                faults = differences(held, fingerprint(connection))
            logins = LoginUrls(url, DATABASE, passwords)
            proof = prove(logins.url(PLATFORM), heads)
            faults += [str(fault) for fault in proof.faults]
            steps["verified"] = time.monotonic() - began
        finally:
            cluster.destroy()
    age = (datetime.now(UTC) - held.taken_at).total_seconds()
    rounded = {name: round(seconds, 1) for name, seconds in steps.items()}
    return Drill(
        _sha256(backup), rounded["verified"], rounded, round(age, 1),
        _lost(live_url, held), proof.report.rows, faults,
    )  # fmt: skip


def note(file: Path, done: Drill, actor: str) -> None:
    """Add a drill to the recovery log, which is kept with the trial's records."""
    told: dict[str, Any] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "actor": actor,
        "good": done.good,
        "rto_seconds": done.rto_seconds,
        "rpo_seconds": done.rpo_seconds,
        "goals": {"rto_seconds": RTO_SECONDS, "rpo_seconds": RPO_SECONDS},
        "lost_rows": done.lost,
        "rows": done.rows,
        "steps": dict(done.steps),
        "backup_sha256": done.backup,
        "faults": list(done.faults),
    }
    with file.open("a", encoding="utf-8") as log:
        log.write(json.dumps(told) + "\n")


def _lost(live_url: str | None, held: Fingerprint) -> int | None:
    if live_url is None or held.newest is None:
        return None
    with psycopg.connect(live_url) as connection:
        row = connection.execute(_LOST, (held.newest,)).fetchone()
    return None if row is None else int(row[0])


def _read(backup: Path) -> Fingerprint:
    try:
        told = json.loads(_beside(backup).read_text(encoding="utf-8"))
        held = Fingerprint.from_json(told)
    except (OSError, ValueError, KeyError):
        raise RecoveryError(f"{_beside(backup)} does not tell what the backup held") from None
    if told.get("sha256") != _sha256(backup):
        raise RecoveryError(f"{backup} is not the file that was written")
    return held


def _beside(backup: Path) -> Path:
    return backup.with_name(backup.name + ".json")


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _run(program: Path, url: str, *words: str) -> None:
    """The password goes by the environment: arguments are seen by everybody on the machine."""
    parts = urlsplit(url)
    where = (f"--host={parts.hostname}", f"--port={parts.port or 5432}",
             f"--username={unquote(parts.username or '')}", "--no-password",
             f"--dbname={parts.path.lstrip('/')}")  # fmt: skip
    environment = {**os.environ, "PGPASSWORD": unquote(parts.password or "")}
    done = subprocess.run(
        [str(program), *where, *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RecoveryError(f"{program.name}: {done.stderr.strip().splitlines()[-1]}")
