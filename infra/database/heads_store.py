"""Where the heads of the trail lie: a folder that no role of the database reaches."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

_NAME = re.compile(r"(\d{6})\.json", re.ASCII)


class HeadsTaken(RuntimeError):
    """A document of this number is there already: somebody else noted the same night."""


class HeadsStore(Protocol):
    """Keeps documents for good, each under its number."""

    def documents(self) -> Iterator[bytes]:
        """All of them, in the order of their numbers; a gap is the reader's to find."""

    def add(self, number: int, content: bytes) -> None:
        """Keep one durably. Raises ``HeadsTaken``: nothing is ever replaced."""


def name_of(number: int) -> str:
    return f"{number:06}.json"


class HeadsFolder:
    """A folder of this machine. A file appears whole or not at all, and is written once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def documents(self) -> Iterator[bytes]:
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        for file in sorted(each for each in found if _NAME.fullmatch(each.name)):
            yield file.read_bytes()

    def add(self, number: int, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._folder / name_of(number)
        unfinished = target.with_name(f".{target.name}.{os.getpid()}")
        with unfinished.open("wb") as file:
            unfinished.chmod(0o400)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(unfinished, target)  # unlike a rename it never replaces what is there
        except FileExistsError:
            raise HeadsTaken(f"{target.name} is there already") from None
        finally:
            unfinished.unlink()
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class HeadsFile:
    """One document by itself: a copy that somebody took along."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def documents(self) -> Iterator[bytes]:
        yield self._file.read_bytes()

    def add(self, number: int, content: bytes) -> None:
        raise HeadsTaken(f"{self._file} is a copy, and {number} is not added to it")


def heads_at(path: Path) -> HeadsStore:
    """The heads in a folder, or in one file."""
    return HeadsFile(path) if path.is_file() else HeadsFolder(path)
