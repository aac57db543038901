"""Advisories in the OSV format: which versions they touch, and that nothing is passed over."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from infra.supply import __main__ as command
from infra.supply.advisories import Accepted, Checked, NothingChecked, check, read_database
from infra.supply.locks import Pin
from infra.supply.osv import Advisory, Undecidable, in_range

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def record(*events: dict[str, str], name: str = "Some.Library", **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "ranges": [], "versions": []}
    if events:
        affected["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    affected["versions"] = more.pop("versions", [])
    told = {"id": "PYSEC-2026-1", "modified": "2026-11-28T10:00:00Z", "affected": [affected]}
    return told | more


def touched(told: dict[str, Any], *versions: str) -> list[str]:
    advisory = Advisory.read(told)
    return [version for version in versions if advisory.touches("some-library", version)]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([{"introduced": "0"}, {"fixed": "1.2"}], ["0.1", "1.0rc1", "1.1.9", "1.2rc1"]),
        ([{"introduced": "1.0"}, {"fixed": "1.2"}], ["1.1.9", "1.2rc1"]),
        ([{"introduced": "1.0"}, {"last_affected": "1.2"}], ["1.1.9", "1.2rc1", "1.2"]),
        ([{"introduced": "1.2"}], ["1.2", "1.2.post1", "2.0", "10.0"]),
        (
            [{"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.2.post1"}, {"fixed": "10"}],
            ["0.1", "1.0rc1", "1.2.post1", "2.0"],
        ),
        # In another order, and in one object: the versions decide.
        ([{"fixed": "1.2"}, {"introduced": "0"}], ["0.1", "1.0rc1", "1.1.9", "1.2rc1"]),
        ([{"introduced": "1.0", "fixed": "1.2"}], ["1.1.9", "1.2rc1"]),
        ([{"introduced": "0"}, {"limit": "*"}, {"fixed": "1.0rc1"}], ["0.1"]),
    ],
)
def test_a_range_touches_from_what_introduced_it_up_to_what_fixed_it(
    events: list[dict[str, str]], expected: list[str]
) -> None:
    asked = ("0.1", "1.0rc1", "1.1.9", "1.2rc1", "1.2", "1.2.post1", "2.0", "10.0")
    assert touched(record(*events), *asked) == expected


def test_a_listed_version_is_touched_however_it_is_spelt() -> None:
    told = record(versions=["1.0", "v2", "2013-04-final"])
    assert touched(told, "1", "1.0.0", "2.0", "1.0.1", "3") == ["1", "1.0.0", "2.0"]


def test_names_are_one_however_they_are_spelt_and_other_ecosystems_do_not_count() -> None:
    told = record({"introduced": "0"}, name="SOME_library")
    assert touched(told, "1.0") == ["1.0"]
    told["affected"][0]["package"]["ecosystem"] = "npm"
    assert touched(told, "1.0") == []


def test_a_withdrawn_record_touches_nothing() -> None:
    assert touched(record({"introduced": "0"}, withdrawn="2026-11-01T00:00:00Z"), "1.0") == []


@pytest.mark.parametrize(
    "told",
    [
        record(),
        record({"introduced": "not-a-version"}),
        record() | {"affected": [{"package": {"ecosystem": "PyPI", "name": "some-library"},
                                  "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]},
    ],
    ids=["no versions", "no version of Python", "commits only"],
)  # fmt: skip
def test_a_record_that_does_not_tell_its_versions_is_never_passed_over(told: Any) -> None:
    with pytest.raises(Undecidable):
        Advisory.read(told).touches("some-library", "1.0")
    with pytest.raises(NothingChecked, match=r"some-library 1\.0"):
        checked([told])


VERSIONS = st.builds("{}.{}".format, st.integers(0, 3), st.integers(0, 3)).map(Version)


@given(asked=VERSIONS, bounds=st.lists(VERSIONS, unique=True, min_size=2, max_size=6).map(sorted))
def test_intervals_that_follow_each_other_are_those_of_arithmetic(
    asked: Version, bounds: list[Version]
) -> None:
    pairs = list(zip(bounds[::2], bounds[1::2], strict=False))
    events = [{"introduced": str(low), "fixed": str(high)} for low, high in pairs]
    assert in_range(events, asked) is any(low <= asked < high for low, high in pairs)


def checked(records: list[dict[str, Any]], *pins: Pin, **more: Any) -> Checked:
    options: dict[str, Any] = {"today": NOW, "oldest": WEEK} | more
    asked = pins or (Pin("some-library", "1.0"),)
    return check(asked, map(Advisory.read, records), **options)


def test_what_is_known_by_several_names_is_one_finding() -> None:
    first = record({"introduced": "0"}, aliases=["CVE-2026-7"])
    second = record({"introduced": "0"}, id="GHSA-x", aliases=["CVE-2026-7"])
    another = record({"introduced": "0"}, id="PYSEC-2026-2")
    found = checked([first, second, another], Pin("some-library", "1.0"), Pin("other", "1"))
    assert (found.packages, found.advisories, found.relevant) == (2, 3, 3)
    assert [each.ids for each in found.findings] == [
        ("CVE-2026-7", "GHSA-x", "PYSEC-2026-1"), ("PYSEC-2026-2",),
    ]  # fmt: skip


def test_an_advisory_is_accepted_for_its_package_until_its_day() -> None:
    told = [record({"introduced": "0"}, aliases=["CVE-2026-7"])]

    def reason(until: date, package: str = "some-library", known: str = "CVE-2026-7") -> str | None:
        accepted = [Accepted(known, package, until, "not reached")]
        (finding,) = checked(told, accepted=accepted).findings
        return finding.accepted

    assert reason(NOW.date()) == "not reached"
    assert reason(NOW.date() - timedelta(days=1)) is None
    assert reason(NOW.date(), package="other") is None
    assert reason(NOW.date(), known="CVE-2026-8") is None


@pytest.mark.proves("PLT-5", kind="negative")
def test_a_check_that_checked_nothing_fails() -> None:
    told = record({"introduced": "0"}, name="other")
    assert checked([told]).findings == []
    with pytest.raises(NothingChecked, match="no record"):
        checked([])
    with pytest.raises(NothingChecked, match="no package"):
        check([], [Advisory.read(told)], today=NOW, oldest=WEEK)
    old = told | {"modified": "2026-11-22T11:59:59Z"}
    with pytest.raises(NothingChecked, match="2026-11-22, more than 7 days ago"):
        checked([old])
    assert checked([old, told]).as_of == datetime(2026, 11, 28, 10, tzinfo=UTC)
    with pytest.raises(NothingChecked, match="yet to come"):
        checked([told | {"modified": "2027-01-01T00:00:00Z"}])


def test_a_database_is_read_as_json_and_yaml_and_an_unreadable_record_stops_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "vulns" / "a").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.json").write_text("no record")
    (tmp_path / "vulns" / "a" / "one.json").write_text(json.dumps(record({"introduced": "0"})))
    told = "id: PYSEC-2026-2\nmodified: 2026-11-28T10:00:00Z\naffected:\n- package:\n"
    told += "    ecosystem: PyPI\n    name: b\n  versions: ['1.0']\n"
    (tmp_path / "vulns" / "two.yaml").write_text(told)
    found = list(read_database(tmp_path))
    assert [each.id for each in found] == ["PYSEC-2026-1", "PYSEC-2026-2"]
    assert found[1].touches("b", "1")
    for content in ("{}", "[]", "{", '{"id": "x", "modified": "2026-01-01T00:00:00"}'):
        (tmp_path / "vulns" / "a" / "one.json").write_text(content)
        with pytest.raises(NothingChecked, match=r"one\.json: no record"):
            list(read_database(tmp_path))


@pytest.mark.proves("PLT-5", kind="negative")
def test_the_gate_holds_the_locks_against_a_database_and_says_what_it_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(command.DATABASE, raising=False)
    assert command.main(["advisories"]) == 2
    monkeypatch.setenv(command.DATABASE, str(tmp_path))
    assert command.main(["advisories"]) == 2
    assert capsys.readouterr().err.count("Nothing was checked: ") == 2
    now = datetime.now(UTC).isoformat()
    harmless = record({"introduced": "0"}, {"fixed": "1.0"}, name="fastapi", fixed="x")
    (tmp_path / "one.json").write_text(json.dumps(harmless | {"modified": now}))
    harmless["affected"][0]["ranges"][0]["events"][1] = {"fixed": "0.1"}
    (tmp_path / "one.json").write_text(json.dumps(harmless | {"modified": now}))
    assert command.main(["advisories"]) == 0
    assert "1 advisories, 1 of them about " in capsys.readouterr().out
    harmless["affected"][0]["ranges"][0]["events"].pop()
    (tmp_path / "one.json").write_text(json.dumps(harmless | {"modified": now}))
    assert command.main(["advisories"]) == 1
    assert "fastapi 0.165" in capsys.readouterr().err
