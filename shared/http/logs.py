"""Log lines: one JSON object each, of fields on an allow-list. Trial data never stand in a log."""

import json
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any, TextIO

ALLOWED = frozenset({
    "ts", "level", "message", "service", "version", "request_id", "trace_id", "actor", "role",
    "method", "route", "status", "ms", "event_id", "message_id", "event_type", "problem", "error",
    "where", "case", "consumer", "queue", "attempts", "count", "run_id", "study", "schedule",
    "function", "gauges",
})  # fmt: skip

_lock = threading.Lock()
_stream: TextIO | None = None


class ForbiddenField(ValueError):
    """A field that is not on the allow-list was to be logged."""


def log_to(stream: TextIO | None) -> None:
    """Send log lines elsewhere than to standard error (None: back to it)."""
    global _stream  # noqa: PLW0603 (one process, one log)
    _stream = stream


def log(message: str, *, level: str = "info", **fields: Any) -> None:
    """Write one line. Raises ``ForbiddenField``: a new field is a decision, not an accident."""
    unknown = fields.keys() - ALLOWED
    if unknown:
        raise ForbiddenField(f"not on the log allow-list: {sorted(unknown)}")
    line = {"ts": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level}
    text = json.dumps(line | {"message": message} | fields, default=str)
    with _lock:
        stream = sys.stderr if _stream is None else _stream
        stream.write(text + "\n")
        stream.flush()


def log_fault(service: str, request_id: str, method: str, error: Exception) -> None:
    """A fault of ours while a request was answered: its kind and place alone, because its text
    may hold values (Postgres repeats keys)."""
    frames = traceback.extract_tb(error.__traceback__)
    log(
        "unhandled exception",
        level="error",
        service=service,
        request_id=request_id,
        method=method,
        error=type(error).__name__,
        where=f"{frames[-1].name}:{frames[-1].lineno}" if frames else "-",
    )
