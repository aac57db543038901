"""A certificate holds every file of a copy, and says which one is not what it was."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.copies.certificate import CERTIFICATE, MANIFEST, PAGE, certify, described, digest_of
from infra.copies.checking import NoCertificate, faults, read_certificate

ANY_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
HEAD = {"stream": "S/D01-001", "seq": 7, "hash": "ab" * 32}
MADE: dict[str, Any] = {
    "export_id": "0b9f", "requested_at": "2026-03-01T12:00:01Z", "requested_by": "<b>Eva & Jan</b>",
    "requested_as": "data_manager", "system_version": "0.1.0", "definition_version": "2.5.0",
    "definition_hash": "cd" * 32, "trail": None,
}  # fmt: skip


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return made(tmp_path / "copy")


def made(folder: Path, **changes: Any) -> Path:
    """A copy of two files, as the command leaves it."""
    for name, content in (("csv/dm.csv", "USUBJID\r\nD01-001\r\n"), ("odm/odm.xml", "<ODM/>")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content.encode())
    manifest = {
        "study": "S", "variant": "blinded", "as_of": "2026-03-01T12:00:00Z",
        "definition_version": "2.5.0",
        "mapping": {"id": "sdtm", "version": "1.0.0", "sha256": "ef" * 32},
        "files": [described(folder, name) for name in ("csv/dm.csv", "odm/odm.xml")],
    }  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest))
    certify(folder, manifest, MADE | changes)
    return folder


def found(folder: Path) -> list[str]:
    return list(faults(folder, read_certificate(folder)))


@pytest.mark.proves("C03", kind="positive")
def test_it_says_of_what_when_by_whom_and_holds_every_file(copy: Path) -> None:
    told = read_certificate(copy)
    assert found(copy) == []
    assert (told["study"], told["as_of"], told["made_at"]) == (
        "S", "2026-03-01T12:00:00Z", "2026-03-01T12:00:01Z",
    )  # fmt: skip
    assert told["made_by"] == {"account": "<b>Eva & Jan</b>", "role": "data_manager"}
    assert told["definition"] == {"version": "2.5.0", "open_sha256": "cd" * 32}
    assert {each["name"] for each in told["files"]} | {CERTIFICATE} == {
        path.relative_to(copy).as_posix() for path in copy.rglob("*") if path.is_file()
    }


def test_the_trail_stands_in_an_unblinded_one_only(tmp_path: Path) -> None:
    open_, closed = made(tmp_path / "open"), made(tmp_path / "closed", trail=[HEAD])
    assert "arm" in read_certificate(open_)["trail"]["why_not"]
    assert read_certificate(closed)["trail"] == {"heads": [HEAD]}
    assert HEAD["hash"] in (closed / PAGE).read_text()


def test_the_page_tells_a_person_the_same_and_runs_nothing(copy: Path) -> None:
    page = (copy / PAGE).read_text()
    for each in read_certificate(copy)["files"]:
        if each["name"] != PAGE and each["name"] != MANIFEST:
            assert each["name"] in page
            assert each["sha256"] in page
    assert "&lt;b&gt;Eva &amp; Jan&lt;/b&gt;" in page
    assert "<script" not in page
    assert "http" not in page


@pytest.mark.proves("C03", kind="negative")
@ANY_FOLDER
@given(data=st.data())
def test_one_changed_byte_of_any_file_is_named(
    copy: Path, tmp_path: Path, data: st.DataObject
) -> None:
    names = [each["name"] for each in read_certificate(copy)["files"]]
    name = data.draw(st.sampled_from(names), "file")
    altered = tmp_path / "altered"
    shutil.rmtree(altered, ignore_errors=True)
    shutil.copytree(copy, altered)
    content = bytearray((altered / name).read_bytes())
    content[data.draw(st.integers(0, len(content) - 1), "at")] ^= data.draw(st.integers(1, 255))
    (altered / name).write_bytes(content)
    assert found(altered) == [f"{name}: differs"]


@pytest.mark.proves("C03", kind="negative")
def test_what_is_missing_cut_or_extra_is_named(copy: Path) -> None:
    (copy / "csv/dm.csv").unlink()
    (copy / "odm/odm.xml").write_text("<OD")
    (copy / "csv/ae.csv").write_text("")
    assert found(copy) == [
        "csv/dm.csv: missing",
        "odm/odm.xml: differs in size",
        "csv/ae.csv: extra, the certificate does not name it",
    ]


def test_a_link_is_no_file_of_the_copy(copy: Path, tmp_path: Path) -> None:
    (copy / "csv/dm.csv").replace(tmp_path / "dm.csv")
    (copy / "csv/dm.csv").symlink_to(tmp_path / "dm.csv")
    (copy / "more").symlink_to(tmp_path, target_is_directory=True)
    assert found(copy) == [
        "csv/dm.csv: missing",
        "more: extra, the certificate does not name it",
    ]


@pytest.mark.proves("C03", kind="negative")
def test_a_certificate_that_was_altered_is_none(copy: Path) -> None:
    told = json.loads((copy / CERTIFICATE).read_text())
    for change, words in (
        ({"as_of": "2026-03-02T12:00:00Z"}, "altered"),
        ({"files": []}, "altered"),
        ({"format": "other"}, "kind"),
        ({"files": [{"name": "../x", "bytes": 1, "sha256": "0"}]}, "outside"),
        ({"files": [{"name": "/x", "bytes": 1, "sha256": "0"}]}, "outside"),
        ({"files": None}, "read"),
    ):
        content = told | change
        if words != "altered":
            content["digest"] = digest_of(content)
        (copy / CERTIFICATE).write_text(json.dumps(content))
        with pytest.raises(NoCertificate, match=words):
            read_certificate(copy)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"digest": 1, "files": [1]}', "\xff"])
def test_what_is_no_certificate_is_told_in_words(copy: Path, content: str) -> None:
    (copy / CERTIFICATE).write_bytes(content.encode("latin-1"))
    with pytest.raises(NoCertificate, match=r"cannot be read|altered"):
        read_certificate(copy)
    (copy / CERTIFICATE).unlink()
    with pytest.raises(NoCertificate, match="cannot be opened"):
        read_certificate(copy)
