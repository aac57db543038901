"""A stack of its own, on an empty database that is gone afterwards, with a simulated cohort."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.cli.console import Refused, say
from infra.local.home import Home
from infra.ports import free_port

START_SECONDS = 120


@contextmanager
def simulated(seed: int, children: int) -> Iterator[Home]:
    """The home of a running stack that holds the cohort and nothing else."""
    from infra.demo.show import enter_cohort
    from infra.postgres import Cluster

    folder = Path(tempfile.mkdtemp(prefix="induct-cohort-"))
    folder.chmod(0o755)
    home = Home(folder, free_port())
    say(f"Simulating {children} children of seed {seed}, on a stack of its own.")
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.cli", "run"],
        env=os.environ | {"INDUCT_HOME": str(folder), "INDUCT_PORT": str(home.port)},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _await(home, process)
        enter_cohort(home, seed=seed, count=children)
        yield home
    finally:
        process.terminate()
        process.wait(timeout=60)
        Cluster(home.postgres).destroy()
        shutil.rmtree(folder, ignore_errors=True)


def _await(home: Home, process: "subprocess.Popen[bytes]") -> None:
    import httpx

    ends = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < ends:
        try:
            if httpx.get(f"{home.url}/health", timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise Refused("The stack of the cohort did not start; see what `induct run` says.")
