"""Published files are whole or absent, named by their content, and open and closed lie apart."""

import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from shared.artefacts import (
    ArtefactDamaged,
    ArtefactError,
    ArtefactMissing,
    DirectoryStore,
    store_at,
)

CONTENT = b"<svg/>"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "not" / "yet" / "there")


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_what_is_put_is_had_under_its_class_and_digest(store: DirectoryStore) -> None:
    key = store.put(CONTENT, "open")
    assert key == f"open/{DIGEST[:2]}/{DIGEST}"
    assert store.get(key) == CONTENT


def test_the_same_content_lies_apart_when_it_is_open_and_when_it_is_closed(
    store: DirectoryStore, tmp_path: Path
) -> None:
    keys = {store.put(CONTENT, "open"), store.put(CONTENT, "closed")}
    assert {key.split("/")[0] for key in keys} == {"open", "closed"}
    assert len(files_in(tmp_path)) == 2


def test_putting_again_leaves_one_file_and_gives_the_same_key(
    store: DirectoryStore, tmp_path: Path
) -> None:
    assert store.put(CONTENT, "open") == store.put(CONTENT, "open")
    assert len(files_in(tmp_path)) == 1


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_write_that_dies_leaves_nothing_under_the_key(
    store: DirectoryStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    store.put(b"another", "open")
    with monkeypatch.context() as patched:
        if failing == "fsync":
            patched.setattr(os, "fsync", die)
        else:
            patched.setattr(Path, "replace", die)
        with pytest.raises(Killed):
            store.put(CONTENT, "open")
    with pytest.raises(ArtefactMissing):
        store.get(f"open/{DIGEST[:2]}/{DIGEST}")
    assert len(files_in(tmp_path)) == 1
    assert store.get(store.put(CONTENT, "open")) == CONTENT


def test_content_is_on_disk_before_it_has_its_name_and_the_name_is_after(
    store: DirectoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(CONTENT, "open")  # makes the folders
    steps: list[str] = []
    real_fsync, real_replace = os.fsync, Path.replace

    def fsync(handle: int) -> None:
        steps.append("folder" if os.path.isdir(f"/proc/self/fd/{handle}") else "file")  # noqa: PTH112
        real_fsync(handle)

    def replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return real_replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    other = next(
        content
        for content in (str(n).encode() for n in range(10_000))
        if hashlib.sha256(content).hexdigest()[:2] == DIGEST[:2]
    )
    store.put(other, "open")
    assert steps == ["file", "rename", "folder"]


def test_a_file_that_was_altered_is_told_and_put_right_by_a_repeat(
    store: DirectoryStore, tmp_path: Path
) -> None:
    key = store.put(CONTENT, "closed")
    files_in(tmp_path)[0].write_bytes(b"something else")
    with pytest.raises(ArtefactDamaged):
        store.get(key)
    assert store.put(CONTENT, "closed") == key
    assert store.get(key) == CONTENT


@pytest.mark.parametrize(
    "key", ["", "open", "../secrets.json", f"open/../{DIGEST}", f"open/{DIGEST[:2]}/{DIGEST}/x"]
)
def test_nothing_but_a_key_is_looked_for(store: DirectoryStore, key: str) -> None:
    with pytest.raises(ArtefactMissing, match="no key"):
        store.get(key)


def test_only_the_owner_may_read_a_published_file(store: DirectoryStore, tmp_path: Path) -> None:
    store.put(CONTENT, "closed")
    assert files_in(tmp_path)[0].stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "open").write_text("in the way")
    with pytest.raises(ArtefactError, match="cannot be written"):
        DirectoryStore(tmp_path).put(CONTENT, "open")


@pytest.mark.parametrize("location", ["", "ftp://bucket"])
def test_a_place_that_is_no_folder_is_refused(location: str) -> None:
    with pytest.raises(ArtefactError):
        store_at(location)
