"""Measure how fast Induct is beside its limits, print a table, write docs/benchmarks.md."""

import argparse
import io
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import delivery, imports, machine, report
from benchmarks.allocation import Contest
from benchmarks.application import deployed_runner
from benchmarks.processes import Python
from benchmarks.report import REQUEST_SERVICES, Results
from benchmarks.stack import Stack
from benchmarks.world import Databases, InvalidRun
from shared.http.logs import log_to

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
IMPORT_RUNS = 7
STARTS = 3
EVENTS = 200


def _allocation(results: Results, python: Python, folder: Path) -> None:
    with Databases(folder / "postgres") as databases:
        results.machine = machine.describe(databases.version())
        results.comparisons = Contest(python, databases, folder).compare()


def _imports(results: Results, python: Python, _folder: Path) -> None:
    results.imports = imports.measure(python, (*REQUEST_SERVICES, "analytics"), IMPORT_RUNS)


def _stack(results: Results, python: Python, folder: Path) -> None:
    with Stack(python, folder / "home") as stack:
        results.starts = stack.start_times(STARTS)
        with stack.running():
            results.delivery = delivery.measure(stack, EVENTS)


_PARTS: Mapping[str, Callable[[Results, Python, Path], None]] = {
    "allocation": _allocation,
    "imports": _imports,
    "stack": _stack,
}


def main() -> int:
    """0 when all runs are valid, whether goals are met or not; 1 when a run is not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=list(_PARTS), help="measure one part, write nothing")
    only = parser.parse_args().only
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # not without tidying up
    log_to(io.StringIO())  # of the requests that are overheard
    results = Results(deployed_runner())
    with tempfile.TemporaryDirectory(prefix="induct-benchmarks-") as folder:
        for name, measure in _PARTS.items():
            if only in {None, name}:
                print(f"measuring: {name}", file=sys.stderr, flush=True)
                try:
                    measure(results, Python(Path(folder)), Path(folder))
                except InvalidRun as reason:
                    print(f"invalid run: {reason}", file=sys.stderr)
                    return 1
    if only is None:
        PAGE.write_text(report.page(results, datetime.now(UTC).date().isoformat()))
    print(report.tables(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
