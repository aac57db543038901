"""Handing a sealed file to a gateway: a port, and the simplest adapter behind it, a folder.

AS2 stands behind the same port when there is a partner to speak it with.
"""

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol

# How long what is handed over is kept from everybody else: longer than the function that delivers
# may run, and no longer than the next but one sweep.
LEASE: Final = timedelta(seconds=60)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_MOST = 60


class DeliveryError(Exception):
    """The gateway did not take the file; the hand-off is to be tried again under the same name."""


class UnknownEndError(DeliveryError):
    """The gateway did not say whether it took the file: it may be there, or come up yet."""


class NameTakenError(DeliveryError):
    """Other content lies under the name. Trying again is no use; a person must look."""


class Gateway(Protocol):
    """Takes files. The same name and bytes again is no error: a retry must be safe."""

    def deliver(self, name: str, raw: bytes) -> None:
        """Returns once the file is safely there. Raises ``DeliveryError``."""


def hand_over(gateway: Gateway, name: str, raw: bytes) -> DeliveryError | None:
    """Give a file to the gateway; what it says where it did not take it."""
    try:
        gateway.deliver(name, raw)
    except DeliveryError as error:
        return error
    return None


def file_name(batch: str, sha256: str) -> str:
    """Made by us from number and content: no part of it can leave the folder."""
    return f"{_UNSAFE.sub('_', batch)[:_MOST]}-{sha256[:16]}.xml"


class FolderDrop:
    """A folder that a gateway's client watches. A file appears in it whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def deliver(self, name: str, raw: bytes) -> None:
        target = self._folder / name
        refusal: type[DeliveryError] = DeliveryError
        try:
            if target.exists():
                self._compare(target, raw)
                return
            # Watchers look for .xml; the rename is atomic within a folder.
            waiting = target.with_suffix(f".{os.getpid()}.part")
            _write(waiting, raw)
            waiting.replace(target)
            refusal = UnknownEndError
            _sync(self._folder)
        except OSError as error:
            raise refusal(f"the folder did not take the file: {error.strerror}") from None

    @staticmethod
    def _compare(target: Path, raw: bytes) -> None:
        if target.read_bytes() != raw:
            raise NameTakenError("other content lies under this name")


def _write(path: Path, raw: bytes) -> None:
    with path.open("wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
