"""Where published results lie: files and figures, each kept under the SHA-256 of its content.

What is open (pooled) and what is closed (by arm) are apart by the first part of the key, so that a
folder's permissions or a bucket's policy can keep them apart as well.
"""

import hashlib
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

OutputClass = Literal["open", "closed"]
_KEY = re.compile(r"(open|closed)/[0-9a-f]{2}/[0-9a-f]{64}", re.ASCII)


class ArtefactError(RuntimeError):
    """An artefact cannot be kept or had."""


class ArtefactMissing(ArtefactError):
    """Nothing lies under the key."""


class ArtefactDamaged(ArtefactError):
    """What lies under the key is not what was put there."""


class ArtefactStore(Protocol):
    """Keeps bytes for good. The key is told by class and content: a repeat changes nothing."""

    def put(self, content: bytes, output_class: OutputClass) -> str:
        """Keep the content durably and answer its key. Raises ``ArtefactError``."""

    def get(self, key: str) -> bytes:
        """The content of a key, checked. Raises ``ArtefactMissing`` or ``ArtefactDamaged``."""


def key_of(content: bytes, output_class: OutputClass) -> str:
    """``<class>/<first two digits>/<SHA-256>``."""
    digest = hashlib.sha256(content).hexdigest()
    return f"{output_class}/{digest[:2]}/{digest}"


def checked(key: str, content: bytes) -> bytes:
    """The content, if it is that of the key. Raises ``ArtefactDamaged``."""
    if hashlib.sha256(content).hexdigest() != key[-64:]:
        raise ArtefactDamaged(f"the content of {key} has changed")
    return content


def well_formed(key: str) -> str:
    """The key, if it is one. Raises ``ArtefactMissing``: nothing else is looked for."""
    if not _KEY.fullmatch(key):
        raise ArtefactMissing("this is no key of an artefact")
    return key


# Stores at addresses, by scheme: what a home adds to folders, it puts here when it starts.
_adapters: dict[str, Callable[[str], ArtefactStore]] = {}


def offer(scheme: str, adapter: Callable[[str], ArtefactStore]) -> None:
    """Let ``scheme://...`` be a place for artefacts, kept by what ``adapter`` answers for it."""
    _adapters[scheme] = adapter


def store_at(location: str) -> ArtefactStore:
    """The store of a deployment: a folder, given by its path, or an address of the home's own.

    Raises ``ArtefactError`` where the deployment names none, or one that has no adapter here.
    """
    if not location:
        raise ArtefactError("the deployment names no place for artefacts (INDUCT_ARTEFACTS)")
    scheme, separator, _rest = location.partition("://")
    if not separator:
        return DirectoryStore(Path(location))
    if scheme not in _adapters:
        raise ArtefactError("artefacts lie in a folder: there is no adapter for such an address")
    return _adapters[scheme](location)


class DirectoryStore:
    """A folder of this machine.

    A file appears under its key whole or not at all: it is written beside its place, forced to
    disk, then renamed, and the rename is forced to disk as well.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes, output_class: OutputClass) -> str:
        key = key_of(content, output_class)
        target = self._folder / key
        try:
            self._make(target.parent)
            # A damaged file is put right; the folder is forced to disk even where the file is
            # there already: an earlier attempt may have died before that.
            if not target.is_file() or target.read_bytes() != content:
                _write(target, content)
            _sync_folder(target.parent)
        except OSError as error:
            raise ArtefactError(f"{key} cannot be written: {error.strerror}") from error
        return key

    def get(self, key: str) -> bytes:
        try:
            content = (self._folder / well_formed(key)).read_bytes()
        except FileNotFoundError:
            raise ArtefactMissing(f"there is no {key}") from None
        except OSError as error:
            raise ArtefactError(f"{key} cannot be read: {error.strerror}") from error
        return checked(key, content)

    def _make(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.is_dir()]
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(each.parent)


def _write(target: Path, content: bytes) -> None:
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        with unfinished.open("xb") as file:
            unfinished.chmod(0o600)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
