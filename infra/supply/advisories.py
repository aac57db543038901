"""The lock files against a local copy of an advisory database, as OSV files."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from infra.supply.locks import Pin
from infra.supply.osv import Advisory, Undecidable

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # a Python without libyaml: slower, the same answers
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


# Where the records are in a clone of the PyPA database.
RECORDS = "vulns"


class NothingChecked(RuntimeError):
    """The check says nothing: no database, an old one, an unreadable record, or no package."""


@dataclass(frozen=True)
class Accepted:
    """An advisory that somebody accepts for a package until a day, and why."""

    id: str
    package: str
    until: date
    reason: str


@dataclass(frozen=True)
class Finding:
    """A pinned version that an advisory touches. ``ids``: its names, in all databases that know
    it; ``accepted``: why it may be there."""

    package: str
    version: str
    ids: tuple[str, ...]
    accepted: str | None = None


@dataclass(frozen=True)
class Checked:
    """What was looked at, so that a reader sees that something was."""

    as_of: datetime
    packages: int
    advisories: int
    relevant: int
    findings: Sequence[Finding]


def read_database(folder: Path) -> Iterator[Advisory]:
    """All records below a folder; of a clone of the PyPA database those under ``vulns``, because
    what stands beside them (``triage``) is none. Raises ``NothingChecked`` at one that cannot be
    read: it might be the one that matters."""
    if (folder / RECORDS).is_dir():
        folder = folder / RECORDS
    files = [f for f in sorted(folder.rglob("*")) if f.suffix in {".json", ".yaml", ".yml"}]
    for file in files:
        if not any(part.startswith(".") for part in file.relative_to(folder).parts):
            try:
                yield Advisory.read(_record(file))
            except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
                kind = type(error).__name__
                raise NothingChecked(f"{file.relative_to(folder)}: no record ({kind})") from None


def _record(file: Path) -> Any:
    text = file.read_text(encoding="utf-8")
    return json.loads(text) if file.suffix == ".json" else yaml.load(text, Loader=_Loader)


def check(
    pins: Iterable[Pin],
    database: Iterable[Advisory],
    *,
    today: datetime,
    oldest: timedelta,
    accepted: Iterable[Accepted] = (),
) -> Checked:
    """Match every pin with every record of its package.

    Raises ``NothingChecked`` where there are no pins or no records, where the newest record is
    older than ``oldest``, or where a record of a pinned package does not tell its versions.
    """
    wanted: dict[str, set[str]] = {}
    for pin in pins:
        wanted.setdefault(pin.name, set()).add(pin.version)
    if not wanted:
        raise NothingChecked("there is no package to check")
    count, newest, relevant = 0, None, []
    for advisory in database:
        count += 1
        newest = advisory.modified if newest is None else max(newest, advisory.modified)
        if wanted.keys() & advisory.affected.keys():
            relevant.append(advisory)
    if newest is None:
        raise NothingChecked("the database holds no record")
    if today - newest > oldest:
        raise NothingChecked(
            f"the newest record is of {newest:%Y-%m-%d}, more than {oldest.days} days ago"
        )
    if newest > today:
        raise NothingChecked(f"the newest record is of {newest:%Y-%m-%d}, which is yet to come")
    findings = _findings(wanted, relevant, list(accepted), today.date())
    return Checked(newest, len(wanted), count, len(relevant), findings)


def _findings(
    wanted: Mapping[str, set[str]],
    relevant: Sequence[Advisory],
    accepted: Sequence[Accepted],
    today: date,
) -> list[Finding]:
    """One for each package, version and fault, by whatever names it goes."""
    found = []
    for name in sorted(wanted):
        for version in sorted(wanted[name]):
            try:
                hits = [each for each in relevant if each.touches(name, version)]
            except Undecidable as error:
                raise NothingChecked(f"{name} {version}: {error}") from None
            for ids in _together(hits):
                reasons = (
                    each.reason
                    for each in accepted
                    if each.id in ids and each.package == name and today <= each.until
                )
                found.append(Finding(name, version, ids, next(reasons, None)))
    return found


def _together(hits: Iterable[Advisory]) -> list[tuple[str, ...]]:
    """Records that are aliases of each other are one fault."""
    groups: list[set[str]] = []
    for hit in hits:
        names = {hit.id, *hit.aliases}
        met = [group for group in groups if group & names]
        groups = [group for group in groups if not group & names]
        groups.append(names.union(*met))
    return sorted(tuple(sorted(group)) for group in groups)
