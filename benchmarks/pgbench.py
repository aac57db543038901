"""pgbench with the endpoint's own statements: what the database alone can do."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.outcome import Outcome
from benchmarks.statements import Script
from benchmarks.world import FIRST, PASSWORD, Database, InvalidRun

LOGIN = "induct_randomization"


def run(
    programs: Path,
    database: Database,
    scripts: Sequence[Script],
    *,
    clients: int,
    warm_up: int,
    count: int,
) -> Outcome:
    """Allocate as many children as a load of HTTP does, with as many clients."""
    share = (warm_up + count) // clients
    with TemporaryDirectory(prefix="induct-pgbench-") as folder:
        files = []
        for number, script in enumerate(scripts):
            # Each script has variables of its own: they are all given on one command line.
            file = Path(folder) / f"{number}.sql"
            file.write_text(re.sub(r":(v\d+_)", rf":s{number}\1", script.text))
            files += ["-f", str(file)]
        variables = {
            f"s{number}{name}": value
            for number, script in enumerate(scripts)
            for name, value in script.variables.items()
        } | {"base": str(FIRST), "share": str(share), "i": "0"}
        definitions = [part for name, value in variables.items() for part in ("-D", f"{name}={value}")]
        host = database.admin_url.rsplit("@", 1)[1].split("/")[0]
        address, _, port = host.partition(":")
        command = [
            str(programs / "pgbench"), "-h", address, "-p", port, "-U", LOGIN, "-n", "-M", "prepared",
            "-c", str(clients), "-j", "1", "-t", str(share), "-l", "--log-prefix", f"{folder}/log",
            *definitions, *files, database.name,
        ]  # fmt: skip
        ended = subprocess.run(
            command, env=os.environ | {"PGPASSWORD": PASSWORD}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
        )  # fmt: skip
        if ended.returncode != 0:
            raise InvalidRun(f"pgbench failed: {ended.stderr.strip()[-500:]}")
        lines = [line for file in Path(folder).glob("log.*") for line in file.read_text().splitlines()]
    return _measured(lines, warm_up // clients)


def _measured(lines: Sequence[str], warm_up: int) -> Outcome:
    """What pgbench logged (client, number, microseconds, script, second, microsecond), without
    each client's first transactions."""
    latencies, ends = [], []
    for line in lines:
        _client, number, micros, _script, second, micro = line.split()[:6]
        if int(number) > warm_up:
            latencies.append(int(micros) / 1e6)
            ends.append(int(second) + int(micro) / 1e6)
    started = min(end - latency for end, latency in zip(ends, latencies, strict=True))
    return Outcome(max(ends) - started, latencies)
