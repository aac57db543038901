"""Ranges and lists of versions as real records have them, and against another reading of the rules.

The shapes were met in the databases of PyPA, GitHub and Safety; names and numbers are ours.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.version import Version

from infra.supply.advisories import NothingChecked, check, read_database
from infra.supply.locks import Pin
from infra.supply.osv import Advisory, Undecidable, in_range

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def affected(*events: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"package": {"ecosystem": "PyPI", "name": "lib"}} | more
    if events:
        told["ranges"] = [{"type": "ECOSYSTEM", "events": list(events)}]
    return told


def advisory(*each: Mapping[str, Any], **more: Any) -> Advisory:
    return Advisory.read(
        {"id": "X-1", "modified": "2026-11-28T10:00:00Z", "affected": list(each)} | more
    )


def touched(told: Advisory, *versions: str) -> list[str]:
    return [version for version in versions if told.touches("lib", version)]


def test_branches_stand_in_any_order_and_candidates_of_a_fix_are_not_fixed() -> None:
    told = advisory(
        affected(
            {"introduced": "2.16.0"}, {"fixed": "2.16.3"}, {"introduced": "2.15.0"},
            {"fixed": "2.15.9"}, {"introduced": "0"}, {"fixed": "2.14.4"},
        )
    )  # fmt: skip
    yes = ["0.0.1a1", "2.14.0rc1.post0", "2.14.4rc1", "2.15.9rc1", "2.16.0", "2.16.3rc1"]
    no = ["2.14.4", "2.14.9", "2.15.0rc1", "2.15.9", "2.16.0b1", "2.16.3", "2.17.0", "3!0.1"]
    assert touched(told, *yes, *no) == yes


def test_the_last_affected_version_is_affected_and_a_later_build_of_it_is_too() -> None:
    told = advisory(affected({"introduced": "0"}, {"last_affected": "1.11.0"}))
    yes = ["0.8.0-alpha2", "1.4.7.dev3", "1.11", "1.11.0", "1.11.0+cpu", "1.11.0+local.7"]
    assert touched(told, *yes, "1.11.0.post1", "1.11.1", "1.11.0.post1+cpu") == yes


def test_a_local_build_is_the_version_that_it_is_built_of_unless_the_record_knows_of_builds() -> (
    None
):
    listed = advisory(affected(versions=["2.0.1", "2.0.2+cpu"]))
    assert touched(listed, "2.0.1+cu118", "2.0.2+cpu") == ["2.0.1+cu118", "2.0.2+cpu"]
    assert touched(listed, "2.0.2", "2.0.2+cu118") == []
    mended = advisory(affected({"introduced": "2.0"}, {"fixed": "2.0.2+patched"}))
    asked = ("2.0+cpu", "2.0.2", "2.0.2+other", "2.0.2+patched", "2.0.3+cpu")
    assert touched(mended, *asked) == ["2.0+cpu", "2.0.2", "2.0.2+other"]


def test_versions_beside_ranges_add_to_them_and_commits_say_nothing_of_versions() -> None:
    commits = {"type": "GIT", "events": [{"introduced": "0"}, {"fixed": "74ea7cf7a6a2"}]}
    both = affected({"introduced": "2.3.0"}, {"fixed": "2.31.0"}, versions=["0.0.1"])
    both["ranges"].insert(0, commits)
    assert touched(advisory(both), "0.0.1", "0.0.2", "2.3", "2.31") == ["0.0.1", "2.3"]
    only_listed = affected(versions=["1.0"], ranges=[commits])
    assert touched(advisory(only_listed), "1.0", "1.1") == ["1.0"]
    with pytest.raises(Undecidable):
        advisory(affected(ranges=[commits])).touches("lib", "1.0")


def test_a_package_that_is_named_several_times_is_touched_by_each_of_them() -> None:
    told = advisory(
        affected({"introduced": "1"}, {"fixed": "2"}),
        affected({"introduced": "3"}, {"fixed": "4"}, package={"ecosystem": "PyPI", "name": "LIB"}),
        affected({"introduced": "0"}, package={"ecosystem": "npm", "name": "lib"}),
    )
    assert touched(told, "0.5", "1.5", "2.5", "3.5", "4") == ["1.5", "3.5"]


def test_a_name_is_one_however_its_parts_are_joined_and_an_ecosystem_may_name_an_index() -> None:
    package = {"ecosystem": "PyPI:https://index.example.org", "name": "Products.Plug__In-Service"}
    told = advisory(affected({"introduced": "0"}, package=package))
    assert told.touches("products-plug-in-service", "1")
    assert told.touches("Products_Plug.In.Service", "1")


def test_limits_end_a_range_for_good_and_the_farthest_of_them_counts() -> None:
    ends = advisory(affected({"introduced": "1"}, {"limit": "2"}, {"introduced": "3"}))
    assert touched(ends, "1", "1.9", "2", "2.5", "3", "4") == ["1", "1.9"]
    two = advisory(affected({"introduced": "1"}, {"limit": "2"}, {"limit": "5"}))
    assert touched(two, "0", "1", "2", "4.9", "5") == ["1", "2", "4.9"]
    none = advisory(affected({"introduced": "1"}, {"limit": "2"}, {"limit": "*"}))
    assert touched(none, "1", "2", "1!7") == ["1", "2", "1!7"]


def test_nothing_is_fixed_before_it_began_and_0_is_first_for_what_is_introduced_alone() -> None:
    nothing = advisory(affected({"introduced": "0"}, {"fixed": "0"}))
    assert touched(nothing, "0", "0.post1", "1") == []
    first = advisory(affected({"introduced": "0"}, {"fixed": "0.1"}))
    assert touched(first, "0.dev0", "0a1", "0", "0.1.dev1", "0.1") == [
        "0.dev0", "0a1", "0", "0.1.dev1",
    ]  # fmt: skip


def test_epochs_are_before_everything_else() -> None:
    told = advisory(affected({"introduced": "0"}, {"fixed": "1!2.0"}))
    assert touched(told, "2023.1", "1!1.9", "1!2.0", "2!0.1") == ["2023.1", "1!1.9"]


@pytest.mark.parametrize(
    "event",
    [{"fixed": 1.1}, {"fixed": None}, {"fixed": True}, {"fixed": "next"}, {"fixed": ["1.1"]}],
    ids=["a number: 1.1 or 1.10", "null", "a truth", "a word", "a list"],
)
def test_a_version_that_nobody_can_be_sure_of_is_never_passed_over(event: dict[str, Any]) -> None:
    told = advisory(affected({"introduced": 0}, event))
    with pytest.raises(Undecidable):
        told.touches("lib", "1.0")


def test_what_a_record_need_not_have_it_does_without() -> None:
    """Of schema 1.0 to 1.7: no severity, no summary, nulls, commits without a package."""
    commits = {"ranges": [{"type": "GIT", "repo": "x", "events": [{"introduced": "0"}]}]}
    bare = {"id": "PYSEC-2026-9", "modified": "2026-11-28T10:00:00.123456789Z"}
    assert Advisory.read(bare).affected == {}
    assert Advisory.read(bare | {"affected": None, "aliases": None}).affected == {}
    told = bare | {
        "schema_version": "1.7.0", "severity": [], "withdrawn": None, "upstream": ["CVE-2026-1"],
        "affected": [commits, commits | {"package": None}, affected(versions=["1"], ranges=None)],
    }  # fmt: skip
    assert Advisory.read(told).touches("lib", "1.0")


def test_of_a_clone_of_the_database_the_records_are_read_and_not_what_stands_beside_them(
    tmp_path: Path,
) -> None:
    record = {"id": "PYSEC-2026-1", "modified": "2026-11-28T10:00:00Z"}
    (tmp_path / "vulns" / "lib").mkdir(parents=True)
    (tmp_path / "vulns" / "lib" / "PYSEC-2026-1.yaml").write_text(json.dumps(record))
    (tmp_path / "triage").mkdir()
    (tmp_path / "triage" / "false_positives.yaml").write_text("ids:\n- CVE-2021-1\n")
    assert [each.id for each in read_database(tmp_path)] == ["PYSEC-2026-1"]
    (tmp_path / "vulns" / "lib" / "other.yaml").write_text("ids:\n- CVE-2021-1\n")
    with pytest.raises(NothingChecked, match=r"lib/other\.yaml: no record"):
        list(read_database(tmp_path))


def test_names_are_joined_over_several_databases_and_a_withdrawn_record_joins_nothing() -> None:
    hit = affected({"introduced": "0"})
    records = [
        advisory(hit, id="PYSEC-1", aliases=["CVE-1"]),
        advisory(hit, id="GHSA-2", aliases=["CVE-2"]),
        advisory(hit, id="CVE-3", aliases=["GHSA-3"], withdrawn="2026-01-01T00:00:00Z"),
        advisory(hit, id="OSV-9", aliases=["CVE-2", "CVE-1"]),
    ]
    found = check(
        [Pin("lib", "1")], records, today=NOW, oldest=NOW - datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert [each.ids for each in found.findings] == [
        ("CVE-1", "CVE-2", "GHSA-2", "OSV-9", "PYSEC-1")
    ]


@dataclass(frozen=True)
class Parts:
    """A version by its parts, put in order by PEP 440 as it reads, and not by a library."""

    epoch: int
    release: tuple[int, ...]
    pre: tuple[str, int] | None
    post: int | None
    dev: int | None

    def __str__(self) -> str:
        epoch = f"{self.epoch}!" if self.epoch else ""
        pre = "{}{}".format(*self.pre) if self.pre else ""
        post = "" if self.post is None else f".post{self.post}"
        dev = "" if self.dev is None else f".dev{self.dev}"
        return epoch + ".".join(map(str, self.release)) + pre + post + dev

    @property
    def key(self) -> tuple[Any, ...]:
        """Development releases come before pre-releases, these before the release, it before its
        post-releases; zeros at the end of a release mean nothing."""
        release = list(self.release)
        while release and release[-1] == 0:
            release.pop()
        if self.pre is not None:
            stage: tuple[int, int] = ("a", "b", "rc").index(self.pre[0]) + 1, self.pre[1]
        else:
            alone = self.dev is not None and self.post is None
            stage = (0, 0) if alone else (4, 0)
        post = -1 if self.post is None else self.post
        return self.epoch, tuple(release), stage, post, 9 if self.dev is None else self.dev


SMALL = st.integers(0, 2)
MAYBE = st.one_of(st.none(), SMALL)
VERSIONS = st.builds(
    Parts,
    st.sampled_from([0, 0, 0, 1]),
    st.lists(SMALL, min_size=1, max_size=3).map(tuple),
    st.one_of(st.none(), st.tuples(st.sampled_from(["a", "b", "rc"]), SMALL)),
    MAYBE,
    MAYBE,
)
ZERO = Parts(0, (0,), None, None, None)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["introduced", "fixed", "last_affected", "limit"]), VERSIONS),
    max_size=7,
)


def affected_by(events: Sequence[tuple[str, Parts]], asked: Parts) -> bool:
    """By the last event that has happened when this version came out."""
    happened = []
    for number, (kind, version) in enumerate(events):
        began = kind == "introduced" and (version == ZERO or version.key <= asked.key)
        fixed = kind == "fixed" and version.key <= asked.key
        over = kind == "last_affected" and version.key < asked.key
        if began or fixed or over:
            key = () if began and version == ZERO else version.key
            rank = ("fixed", "introduced", "last_affected").index(kind)
            happened.append((key, rank, number))
    limits = [version.key for kind, version in events if kind == "limit"]
    if limits and asked.key >= max(limits):
        return False
    return bool(happened) and events[max(happened)[2]][0] == "introduced"


@given(events=EVENTS, asked=VERSIONS, local=st.sampled_from(["", "+cpu", "+1.2"]))
@example(events=[("introduced", ZERO)], asked=replace(ZERO, dev=0), local="")
@example(events=[("introduced", ZERO), ("last_affected", ZERO)], asked=ZERO, local="+cpu")
def test_a_range_is_what_another_reading_of_the_rules_makes_of_it(
    events: list[tuple[str, Parts]], asked: Parts, local: str
) -> None:
    told = [{kind: str(version)} for kind, version in events]
    assert in_range(told, Version(f"{asked}{local}")) is affected_by(events, asked)


@given(first=VERSIONS, second=VERSIONS)
def test_the_order_of_the_parts_is_the_order_of_the_library(first: Parts, second: Parts) -> None:
    """So that the reading above is one of the same versions."""
    one, other = Version(str(first)), Version(str(second))
    assert (first.key < second.key, first.key == second.key) == (one < other, one == other)


@given(events=EVENTS, asked=VERSIONS, seed=st.randoms(use_true_random=False))
def test_neither_the_order_of_events_nor_how_they_are_grouped_changes_anything(
    events: list[tuple[str, Parts]], asked: Parts, seed: Any
) -> None:
    told = [{kind: str(version)} for kind, version in events]
    mixed = list(told)
    seed.shuffle(mixed)
    joined: list[dict[str, str]] = [{}]
    for event in mixed:
        if event.keys() & joined[-1].keys():
            joined.append({})
        joined[-1] |= event
    version = Version(str(asked))
    assert in_range(told, version) is in_range(mixed, version) is in_range(joined, version)
