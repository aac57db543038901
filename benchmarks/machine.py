"""The machine that was measured: numbers mean little without it."""

import os
import platform
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

FSYNC_SECONDS = 1.0


def describe(postgres: str) -> Mapping[str, str]:
    """What there is to know of the machine, by name; no path and no host name."""
    load = os.getloadavg()[0]
    return {
        "CPU": f"{_model()}, {_cores()} cores",
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "Kernel": f"{platform.system()} {platform.release()} ({platform.machine()})",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "Postgres": f"{postgres}, fsync and synchronous_commit on",
        "fdatasync": f"{_synced_writes():.0f} writes of 8 kB a second",
        "Load before": f"{load:.2f} (mean of the last minute)",
    }


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def _model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _synced_writes() -> float:
    """How many times a second the disk can promise that 8 kB are kept."""
    block = b"\x00" * 8192
    with tempfile.TemporaryFile(buffering=0) as file:
        ends = time.perf_counter() + FSYNC_SECONDS
        count = 0
        while time.perf_counter() < ends:
            file.seek(0)
            file.write(block)
            os.fdatasync(file.fileno())
            count += 1
    return count / FSYNC_SECONDS
