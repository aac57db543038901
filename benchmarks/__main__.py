"""Measure how fast Induct is beside its limits, print a table, write docs/benchmarks.md."""

import argparse
import io
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    calculation,
    delivery,
    export,
    imports,
    machine,
    night,
    report,
    safety,
    submission,
)
from benchmarks.allocation import Contest
from benchmarks.application import deployed_runner
from benchmarks.extent import FULL, QUICK, Extent
from benchmarks.outcome import InvalidRun
from benchmarks.processes import Python
from benchmarks.results import REQUEST_SERVICES, Results
from benchmarks.stack import Stack
from benchmarks.world import Databases
from shared.http.logs import log_to

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def _allocation(results: Results, extent: Extent, python: Python, folder: Path) -> None:
    with Databases(folder) as databases:
        results.machine = machine.describe(databases.version())
        results.comparisons = Contest(python, databases, folder).compare(extent)


def _calculation(results: Results, extent: Extent, _python: Python, _folder: Path) -> None:
    results.calculations = calculation.measure(extent.trials)


def _imports(results: Results, extent: Extent, python: Python, _folder: Path) -> None:
    results.imports = imports.measure(python, (*REQUEST_SERVICES, "analytics"), extent.imports)


def _stack(results: Results, extent: Extent, python: Python, folder: Path) -> None:
    with Stack(python, folder / "home") as stack:
        results.starts = stack.start_times(extent.starts)
        with stack.running():
            results.delivery = delivery.measure(stack, extent.events)


def _submission(results: Results, extent: Extent, python: Python, folder: Path) -> None:
    with Stack(python, folder / "edc") as stack, stack.running():
        results.submissions = submission.measure(stack, extent.subjects)


def _export(results: Results, extent: Extent, python: Python, folder: Path) -> None:
    with Stack(python, folder / "export") as stack, stack.running():
        results.exports = export.measure(stack, extent.exported)


def _safety(results: Results, extent: Extent, python: Python, folder: Path) -> None:
    # Whoever has the ICH schemas has reports held against them; the page says whether.
    schemas = {name: os.environ[name] for name in ("INDUCT_E2B_SCHEMAS",) if name in os.environ}
    with Stack(python, folder / "desk", **schemas) as stack, stack.running():
        results.safety = safety.measure(stack, extent.cases, extent.clocks)


def _night(results: Results, extent: Extent, python: Python, folder: Path) -> None:
    results.night = night.measure(python, folder, extent.participants, extent.beside)


_PARTS: Mapping[str, Callable[[Results, Extent, Python, Path], None]] = {
    "allocation": _allocation,
    "calculation": _calculation,
    "imports": _imports,
    "stack": _stack,
    "submission": _submission,
    "export": _export,
    "safety": _safety,
    "night": _night,
}


def main() -> int:
    """0 when all runs are valid, whether goals are met or not; 1 when a run is not."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=list(_PARTS), help="measure one part, write nothing")
    parser.add_argument("--quick", action="store_true", help="see that it runs, write nothing")
    asked = parser.parse_args()
    only, extent = asked.only, QUICK if asked.quick else FULL
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # not without tidying up
    log_to(io.StringIO())  # of the requests that are overheard
    results = Results(deployed_runner())
    with tempfile.TemporaryDirectory(prefix="induct-benchmarks-") as folder:
        for name, measure in _PARTS.items():
            if only in {None, name}:
                print(f"measuring: {name}", file=sys.stderr, flush=True)
                try:
                    measure(results, extent, Python(Path(folder)), Path(folder))
                except InvalidRun as reason:
                    print(f"invalid run: {reason}", file=sys.stderr)
                    return 1
    if only is None and not asked.quick:
        PAGE.write_text(report.page(results, datetime.now(UTC).date().isoformat()))
    print(report.tables(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
