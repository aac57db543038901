"""pgbench with the endpoint's own statements: what the database alone can do."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.outcome import InvalidRun, Outcome
from benchmarks.statements import Script
from benchmarks.trial import FIRST
from benchmarks.world import LOGIN, PASSWORD, Database

PATIENCE_SECONDS = 120


def run(
    programs: Path,
    database: Database,
    scripts: Sequence[Script],
    *,
    connections: int,
    warm_up: int,
    count: int,
) -> Outcome:
    """Allocate as many children as a load of HTTP does, over as many connections.

    ``programs`` is the folder of pgbench. A transaction takes one of the scripts at random. The
    connections share the children equally. Raises ``InvalidRun``.
    """
    if not (programs / "pgbench").exists():
        raise InvalidRun("this Postgres comes without pgbench")
    share = (warm_up + count) // connections
    variables = _variables(scripts) | {"base": str(FIRST), "share": str(share), "i": "0"}
    with TemporaryDirectory(prefix="induct-pgbench-") as folder:
        place = Path(folder)
        command = [
            str(programs / "pgbench"), *_address(database), "--no-vacuum", "--protocol=prepared",
            f"--client={connections}", f"--transactions={share}",
            "--log", f"--log-prefix={folder}/log",
            *(f"--define={name}={value}" for name, value in variables.items()),
            *(f"--file={file}" for file in _write(scripts, place)), database.name,
        ]  # fmt: skip
        ended = subprocess.run(
            command, env=os.environ | {"PGPASSWORD": PASSWORD}, text=True, check=False,
            capture_output=True, timeout=PATIENCE_SECONDS,
        )  # fmt: skip
        if ended.returncode != 0:
            raise InvalidRun(f"pgbench failed: {ended.stderr.strip()[-500:]}")
        lines = [line for log in place.glob("log.*") for line in log.read_text().splitlines()]
    return _measured(lines, warm_up // connections)


def _address(database: Database) -> list[str]:
    host, _, port = database.admin_url.rsplit("@", 1)[1].split("/")[0].partition(":")
    return [f"--host={host}", f"--port={port}", f"--username={LOGIN}"]


def _variables(scripts: Sequence[Script]) -> dict[str, str]:
    """All scripts' variables; the number of the script keeps those of one name apart."""
    return {
        f"s{number}{name}": value
        for number, script in enumerate(scripts)
        for name, value in script.variables.items()
    }


def _write(scripts: Sequence[Script], folder: Path) -> list[Path]:
    files = []
    for number, script in enumerate(scripts):
        file = folder / f"{number}.sql"
        file.write_text(re.sub(r":(v\d+_)", rf":s{number}\1", script.text), encoding="utf-8")
        files.append(file)
    return files


def _measured(lines: Sequence[str], warm_up: int) -> Outcome:
    """From pgbench's log, without each client's first transactions.

    A line is client, number, microseconds taken, script, and the end in seconds and microseconds.
    """
    latencies, ends = [], []
    for line in lines:
        _client, number, taken, _script, second, micro = line.split()[:6]
        if int(number) > warm_up:
            latencies.append(int(taken) / 1e6)
            ends.append(int(second) + int(micro) / 1e6)
    started = min(end - latency for end, latency in zip(ends, latencies, strict=True))
    return Outcome(max(ends) - started, latencies)
