"""Whether an advisory in the OSV format touches a version (https://ossf.github.io/osv-schema/)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from packaging.version import InvalidVersion, Version

from infra.supply.locks import normal

ECOSYSTEM = "PyPI"
# Ranges of versions; others are of commits.
COMPARED = frozenset({"ECOSYSTEM", "SEMVER"})


class Undecidable(ValueError):
    """The record speaks of a package, and not in a way that tells which versions."""


@dataclass(frozen=True)
class Advisory:
    """One record. ``affected``: what it says of packages of PyPI, by normal name."""

    id: str
    aliases: frozenset[str]
    modified: datetime
    withdrawn: bool
    affected: Mapping[str, tuple[Mapping[str, Any], ...]]

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> "Advisory":
        """Raises ``KeyError``, ``TypeError`` or ``ValueError`` where that is no record."""
        told: dict[str, tuple[Mapping[str, Any], ...]] = {}
        for each in record.get("affected") or ():
            # A record of commits alone names no package.
            package = each.get("package") or {}
            # An ecosystem may go on after a colon: which of several indexes.
            if str(package.get("ecosystem", "")).partition(":")[0] == ECOSYSTEM:
                name = normal(package["name"])
                told[name] = (*told.get(name, ()), each)
        return cls(
            str(record["id"]),
            frozenset(record.get("aliases") or ()),
            _instant(record["modified"]),
            record.get("withdrawn") is not None,
            told,
        )

    def touches(self, name: str, version: str) -> bool:
        """Whether this version of a package is affected; a withdrawn record touches none. Raises
        ``Undecidable``."""
        if self.withdrawn:
            return False
        return any(self._one(each, version) for each in self.affected.get(normal(name), ()))

    def _one(self, affected: Mapping[str, Any], version: str) -> bool:
        listed = affected.get("versions") or ()
        ranges = [r for r in affected.get("ranges") or () if r.get("type") in COMPARED]
        if not listed and not ranges:
            raise Undecidable(f"{self.id} names no versions that can be compared")
        try:
            asked = Version(version)
            return any(_same(each, asked) for each in listed) or any(
                in_range(each.get("events") or (), asked) for each in ranges
            )
        except InvalidVersion as error:
            raise Undecidable(f"{self.id}: {error}") from None


def in_range(events: Iterable[Mapping[str, Any]], asked: Version) -> bool:
    """Whether a version lies in the range that events describe. Raises ``InvalidVersion``.

    Events are read in the order of their versions, however they stand; of two at one version the
    one that ends an interval (``fixed``) is read first, so that what is introduced anew there
    counts. Limits are apart: a version must lie before one of them, where there are any.
    """
    inside, limits = False, []
    for version, kind in sorted(_events(events)):
        if kind == "limit":
            limits.append(version)
        elif kind == "introduced" and _as_told(asked, version) >= version:
            inside = True
        elif (kind == "fixed" and _as_told(asked, version) >= version) or (
            kind == "last_affected" and _as_told(asked, version) > version
        ):
            inside = False
    return inside and (not limits or any(_as_told(asked, each) < each for each in limits))


# Introduced at 0 is before every version there is, pre-releases and all; a limit of * after all.
_ENDS = {("introduced", "0"): Version("0.dev0"), ("limit", "*"): Version("999999999!0")}


def _events(events: Iterable[Mapping[str, Any]]) -> Iterator[tuple[Version, str]]:
    for event in events:
        for kind, told in event.items():
            text = _text(told)
            if (kind, text) in _ENDS:
                yield _ENDS[kind, text], kind
            else:
                yield Version(text), kind


def _text(told: Any) -> str:
    """The version as it was written. A number in YAML is a version in quotes that were forgotten:
    0 is certain, and of 1.1 nobody knows whether it was 1.10. Raises ``InvalidVersion``."""
    if isinstance(told, str):
        return told
    if type(told) is int:
        return str(told)
    raise InvalidVersion(f"Invalid version: {told!r}, which is no text")


def _as_told(asked: Version, told: Version) -> Version:
    """The version that is asked for, as exactly as the record speaks: a build of 2.0 (``2.0+cpu``)
    is 2.0 to a record that knows of no builds (PEP 440, local version identifiers)."""
    return asked if told.local or not asked.local else Version(asked.public)


def _same(told: Any, asked: Version) -> bool:
    """Whether a listed version is the one that is asked for; what is none of PEP 440 is not."""
    try:
        listed = Version(_text(told))
    except InvalidVersion:
        return False
    return listed == _as_told(asked, listed)


def _instant(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError("an instant of a record has its offset")
    return found
