"""The one exception of the launcher."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SHOWN_LINES = 12


class PostgresError(RuntimeError):
    """The local Postgres cannot be found, set up, started or stopped.

    `problem` is one sentence for the person at the terminal, `log_lines` the last lines that
    Postgres itself wrote; `str()` shows both.
    """

    def __init__(self, problem: str, log_lines: Sequence[str] = ()) -> None:
        self.problem = problem
        self.log_lines = tuple(log_lines[-SHOWN_LINES:])
        super().__init__("\n".join([problem, *(f"  | {line}" for line in self.log_lines)]))


@contextmanager
def os_errors_reported(task: str) -> Iterator[None]:
    """Turn a refusal of the operating system into a `PostgresError` that names the task."""
    try:
        yield
    except OSError as error:
        raise PostgresError(f"{task}: {error}") from error


def last_lines(log_file: Path, offset: int = 0) -> list[str]:
    """What `log_file` says after byte `offset`, as its last lines; empty when it is not there."""
    try:
        with log_file.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(offset, size - 16_384))
            text = log.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-SHOWN_LINES:]
