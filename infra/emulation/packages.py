"""The code of each function as a zip: what is deployed, and of an image its content."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Final

from infra.local.home import PROJECT
from infra.topology import Function

PACK: Final = PROJECT / "infra" / "package.sh"
UV: Final = PROJECT / ".venv" / "bin" / "uv"
# What the Dockerfile of analytics copies: there is no engine here to build it.
IMAGE: Final = "analytics"
IMAGE_FOLDERS: Final = ("shared", "services/analytics", "infra/aws")
IMAGE_FILES: Final = ("services/__init__.py", "infra/__init__.py")


class Packages:
    """Makes zips in ``folder`` for the Python of ``python``, each set of functions' needs once."""

    def __init__(self, folder: Path, python: Path) -> None:
        self._folder = folder
        self._python = python

    def zip_for(self, function: Function) -> Path:
        """The zip of a function."""
        is_image = function.package_type == "Image"
        target = self._folder / f"{IMAGE if is_image else _set_of(function)}.zip"
        if not target.exists():
            tree = target.with_suffix("")
            tree.mkdir(parents=True)
            if is_image:
                self._fill_image(tree)
            else:
                subprocess.run([PACK, function.logical_id, tree], check=True)
            _zip(tree, target)
            shutil.rmtree(tree)
        return target

    def _fill_image(self, tree: Path) -> None:
        subprocess.run(
            [
                UV, "pip", "install", "--quiet", "--require-hashes", "--compile-bytecode",
                "--python", self._python, "--target", tree,
                "-r", PROJECT / "requirements" / f"{IMAGE}.txt",
            ],
            check=True,
        )  # fmt: skip
        for part in IMAGE_FOLDERS:
            shutil.copytree(PROJECT / part, tree / part)
        for part in IMAGE_FILES:
            shutil.copy(PROJECT / part, tree / part)


def _set_of(function: Function) -> str:
    told = subprocess.run(
        [PACK, function.logical_id], check=True, stdout=subprocess.PIPE, text=True
    )
    return told.stdout.strip()


def _zip(tree: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(tree.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(tree))
