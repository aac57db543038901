"""How large the functions' packages are, where `make build` has packed them."""

from collections.abc import Sequence
from pathlib import Path

from infra.packages import BUILT, LARGEST, Package, look


def measure(built: Path = BUILT) -> Sequence[Package]:
    """Every package that there is, the largest first; none where nothing was packed."""
    folders = [each for each in sorted(built.glob("*")) if (each / "shared").is_dir()]
    return sorted((look(folder) for folder in folders), key=lambda package: -package.size)


def rows(packages: Sequence[Package]) -> list[tuple[str, str, str]]:
    """Functions of one size together, with what is the most of it."""
    alike: dict[int, list[Package]] = {}
    for package in packages:
        alike.setdefault(package.size, []).append(package)
    return [
        (", ".join(each.function for each in same), _mb(size), _most(same[0]))
        for size, same in alike.items()
    ]


def _most(package: Package) -> str:
    largest = sorted(package.parts.items(), key=lambda part: -part[1])[:LARGEST]
    return ", ".join(f"{name} {_mb(size)}" for name, size in largest)


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
