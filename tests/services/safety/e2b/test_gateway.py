"""A sealed file gets to the gateway whole, once, under a name that we made."""

from pathlib import Path

import pytest

from services.safety.e2b.gateway import (
    DeliveryError,
    FolderDrop,
    NameTakenError,
    file_name,
    hand_over,
)

_HASH = "0123456789abcdef" * 4


def test_what_the_gateway_does_not_take_is_told_and_not_raised(tmp_path: Path) -> None:
    drop = FolderDrop(tmp_path)
    assert hand_over(drop, "a.xml", b"one") is None
    assert isinstance(hand_over(drop, "a.xml", b"two"), NameTakenError)


def test_the_same_file_again_is_no_error_and_leaves_one_file(tmp_path: Path) -> None:
    drop = FolderDrop(tmp_path)
    drop.deliver("a.xml", b"one")
    drop.deliver("a.xml", b"one")
    assert [file.name for file in tmp_path.iterdir()] == ["a.xml"]


def test_other_content_under_a_name_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    drop = FolderDrop(tmp_path)
    drop.deliver("a.xml", b"one")
    with pytest.raises(NameTakenError):
        drop.deliver("a.xml", b"two")
    assert (tmp_path / "a.xml").read_bytes() == b"one"


def test_a_write_that_fails_shows_no_file_to_the_watcher(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DeliveryError, match="No space left"):
        FolderDrop(tmp_path).deliver("a.xml", b"one")
    assert list(tmp_path.glob("*.xml")) == []
    monkeypatch.undo()
    FolderDrop(tmp_path).deliver("a.xml", b"one")
    assert (tmp_path / "a.xml").read_bytes() == b"one"


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError):
        FolderDrop(tmp_path / "gone").deliver("a.xml", b"one")


@pytest.mark.parametrize("batch", ["../../etc/passwd", "a/b", "x\r\ny", "ž" * 200, ""])
def test_a_name_never_leaves_the_folder(batch: str) -> None:
    name = file_name(batch, _HASH)
    assert Path(name).name == name
    assert name.isascii()
    assert name.endswith("-0123456789abcdef.xml")
    assert len(name) < 100
