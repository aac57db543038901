"""Where the project lies, and where tests put what is soon deleted."""

import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOM_BYTES = 2 * 1024**3


def memory() -> str | None:
    """A folder in memory where there is room: a cluster's life means thousands of small files made
    and deleted, and on a disk most of the time goes into waiting for them."""
    folder = Path("/dev/shm")  # noqa: S108 (for a folder of our own inside it)
    if not folder.is_dir() or shutil.disk_usage(folder).free < ROOM_BYTES:
        return None
    return str(folder)
