"""CPU time that this process and a Postgres used: other work on the machine disturbs it least."""

import os
import time
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def used(postmaster: int) -> float:
    """Seconds of this process, of the postmaster, and of all its processes, gone ones included."""
    found = time.process_time()
    for each in Path("/proc").iterdir():
        if each.name.isdigit():
            pid, parent, own, gone = _stat(each)
            if pid == postmaster:
                found += own + gone
            elif parent == postmaster:
                found += own
    return found


def _stat(process: Path) -> tuple[int, int, float, float]:
    """Process, its parent, and seconds of its own and of its children that ended (proc(5))."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # ended meanwhile
        return 0, 0, 0.0, 0.0
    user, system, gone_user, gone_system = (int(each) / _TICKS for each in fields[11:15])
    return int(process.name), int(fields[1]), user + system, gone_user + gone_system
