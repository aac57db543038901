"""Whether an advisory in the OSV format touches a version (https://ossf.github.io/osv-schema/)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from packaging.version import InvalidVersion, Version

from infra.supply.locks import normal

ECOSYSTEM = "PyPI"


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
        for each in record.get("affected", ()):
            if each.get("package", {}).get("ecosystem") == ECOSYSTEM:
                name = normal(each["package"]["name"])
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
        ranges = [r for r in affected.get("ranges") or () if r["type"] in {"ECOSYSTEM", "SEMVER"}]
        if not listed and not ranges:
            raise Undecidable(f"{self.id} names no versions that can be compared")
        try:
            asked = Version(version)
            return any(_same(each, asked) for each in listed) or any(
                in_range(each.get("events", ()), asked) for each in ranges
            )
        except InvalidVersion as error:
            raise Undecidable(f"{self.id}: {error}") from None


def in_range(events: Any, asked: Version) -> bool:
    """Whether a version lies in the range that events describe. Raises ``InvalidVersion``.

    Events are read in the order of their versions; of two at one version the one that ends an
    interval (``fixed``) is read first, so that what is introduced anew there counts.
    """
    inside = False
    for version, kind in sorted(_events(events)):
        if kind == "introduced" and asked >= version:
            inside = True
        elif (kind in {"fixed", "limit"} and asked >= version) or (
            kind == "last_affected" and asked > version
        ):
            inside = False
    return inside


# 0 stands before every version there is, pre-releases and all.
_FIRST = Version("0.dev0")


def _events(events: Any) -> Iterator[tuple[Version, str]]:
    for event in events:
        for kind, text in event.items():
            if not (kind == "limit" and text == "*"):
                yield (_FIRST if text == "0" else Version(text)), kind


def _same(text: str, asked: Version) -> bool:
    """Whether a listed version is the one that is asked for; what is none of PEP 440 is not."""
    try:
        return Version(text) == asked
    except InvalidVersion:
        return False


def _instant(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError("an instant of a record has its offset")
    return found
