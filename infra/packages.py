"""Looks at what `sam build` packed: ``python -m infra.packages [FOLDER]``.

A zip must fit (unzipped, with its bytecode), every module must be compiled, libraries stand only
where they are used, and the handler comes up from the package and nothing else.
"""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.topology import Topology, read_topology

PROJECT = Path(__file__).resolve().parents[1]
BUILT = PROJECT / ".aws-sam" / "build"
# AWS lets 250 MB in; what is larger than this starts too slowly (docs/benchmarks.md).
MOST_BYTES = 100 * 1000 * 1000
LARGEST = 5
# Libraries that a function must not carry, but for the functions named.
ONLY_IN: Mapping[str, frozenset[str]] = {
    "numpy": frozenset(),
    "scipy": frozenset(),
    "pandas": frozenset(),
    "lifelines": frozenset(),
    "matplotlib": frozenset(),
    "boto3": frozenset({
        "AnalyticsApi", "AuditNight", "BeforeTraffic", "Relay", "SafetyReports",
        "SafetyWebhookWatch", "TokenKeys",
    }),
}  # fmt: skip


@dataclass(frozen=True)
class Package:
    """A function's folder: its bytes in all and by the first part of the path, and what has no
    bytecode."""

    function: str
    size: int
    parts: Mapping[str, int]
    uncompiled: tuple[str, ...]


def look(folder: Path) -> Package:
    """Weigh a folder."""
    parts: Counter[str] = Counter()
    uncompiled = []
    for file in sorted(folder.rglob("*")):
        if file.is_symlink() or not file.is_file():
            continue
        inner = file.relative_to(folder)
        parts[inner.parts[0].removesuffix(".dist-info")] += file.stat().st_size
        if file.suffix == ".py" and not list(file.parent.glob(f"__pycache__/{file.stem}.*.pyc")):
            uncompiled.append(inner.as_posix())
    return Package(folder.name, sum(parts.values()), dict(parts), tuple(uncompiled))


def faults(package: Package) -> Iterator[str]:
    """What is wrong with a package, in words."""
    if package.size > MOST_BYTES:
        largest = ", ".join(f"{name} {_mb(size)}" for name, size in _largest(package))
        yield f"{_mb(package.size)} unzipped, more than {_mb(MOST_BYTES)}; the largest: {largest}"
    if package.uncompiled:
        named = ", ".join(package.uncompiled[:LARGEST])
        yield f"{len(package.uncompiled)} modules have no bytecode: {named}"
    for library, allowed in ONLY_IN.items():
        if library in package.parts and package.function not in allowed:
            yield f"carries {library}, which it does not use"


# By itself: neither the environment's paths nor the folder it is run from.
_IMPORT = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
module, _, name = sys.argv[2].rpartition(".")
getattr(importlib.import_module(module), name)
"""


def does_not_import(folder: Path, handler: str, python: str) -> Iterator[str]:
    """Why the handler cannot be had from the package alone."""
    done = subprocess.run(
        [python, "-I", "-B", "-c", _IMPORT, str(folder), handler],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        yield f"{handler} does not import: {(done.stderr.splitlines() or ['it ended'])[-1]}"


def missing(topology: Topology, built: Path) -> Iterator[str]:
    """Functions of the template that are zips and were not packed."""
    for function in topology.functions:
        if function.package_type == "Zip" and not (built / function.logical_id).is_dir():
            yield f"{function.logical_id}: was not packed"


def _largest(package: Package) -> list[tuple[str, int]]:
    return sorted(package.parts.items(), key=lambda part: -part[1])[:LARGEST]


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"


def main(arguments: list[str]) -> int:
    built = Path(arguments[0]) if arguments else BUILT
    topology = read_topology(PROJECT / "template.yaml")
    found = subprocess.run([PROJECT / "infra" / "runtime.sh"], stdout=subprocess.PIPE, check=True)
    python = found.stdout.decode().strip()
    wrong = list(missing(topology, built))
    for function in topology.functions:
        folder = built / function.logical_id
        if folder.is_dir():
            package = look(folder)
            sys.stdout.write(f"{package.function:24}{_mb(package.size):>10}\n")
            told = [*faults(package), *does_not_import(folder, function.handler, python)]
            wrong += [f"{package.function}: {fault}" for fault in told]
    for fault in wrong:
        sys.stderr.write(fault + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
