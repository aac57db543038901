"""Rule sets of authorities: what they take for reportable, and in how many days.

Data, one TOML file a version in ``services/safety/rules``. A row names the text it comes from and
who verified it against that text; nobody yet is an empty name, and every output says so.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Final, Literal, get_args

Outcome = Literal["susar", "exempt_period", "aggregate_watch", "exempt", "not_expedited"]
ClockKind = Literal[
    "fatal", "other", "every", "completion", "follow_up", "downgrade", "nullification",
    "exempt_period",
]  # fmt: skip
CountsFrom = Literal["day_zero", "report_sent"]
INITIAL: Final[frozenset[ClockKind]] = frozenset({"fatal", "other", "exempt_period"})
"""Kinds of clocks that a first report to the authority meets."""
_CONDITIONS: Final = frozenset(
    {"serious", "suspected", "unexpected", "anticipated", "exempt", "exempt_period"}
)
_FOLDER: Final = "services.safety.rules"


class RuleSetFault(ValueError):
    """A rule set that cannot be used; the message says which row and why."""


@dataclass(frozen=True)
class VerdictRule:
    """What an event is where all conditions of ``when`` are met; ``says`` is why, in words."""

    id: str
    outcome: Outcome
    when: Mapping[str, bool] = field(hash=False)
    says: str = ""
    regulation: str = ""
    verified_by: str | None = None


@dataclass(frozen=True)
class ClockRule:
    """A report owed ``days`` calendar days after Day 0, or after the report that was sent and then
    no later than ``at_most_days`` after Day 0. ``days`` None: the protocol's own period."""

    id: str
    kind: ClockKind
    label: str
    recipient: str
    days: int | None
    counts_from: CountsFrom
    at_most_days: int | None
    regulation: str
    verified_by: str | None


@dataclass(frozen=True)
class RuleSet:
    """An authority's rules at a version. ``region`` is where reference safety information must be
    valid to count; ``suspected_by`` whose causality decides."""

    id: str
    version: str
    title: str
    authority: str
    region: str
    suspected_by: Literal["either", "sponsor"]
    verdicts: tuple[VerdictRule, ...]
    clocks: tuple[ClockRule, ...]
    sha256: str

    def clocks_of(self, *kinds: ClockKind) -> tuple[ClockRule, ...]:
        """The clocks of these kinds, in the order of the rule set."""
        return tuple(clock for clock in self.clocks if clock.kind in kinds)


def shipped() -> tuple[tuple[str, str], ...]:
    """Id and version of every rule set that comes with the product, sorted."""
    names = (entry.name for entry in resources.files(_FOLDER).iterdir())
    stems = (name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(sorted((stem.rpartition("-")[0], stem.rpartition("-")[2]) for stem in stems))


@cache
def load(rule_set: str, version: str) -> RuleSet:
    """A shipped rule set. Raises ``KeyError`` for an unknown, ``RuleSetFault`` for a bad one."""
    if (rule_set, version) not in shipped():
        raise KeyError(f"{rule_set} {version}")
    name = f"{rule_set}-{version}.toml"
    found = from_text(resources.files(_FOLDER).joinpath(name).read_text("utf-8"))
    if (found.id, found.version) != (rule_set, version):
        raise RuleSetFault(f"{name} says that it is {found.id} {found.version}")
    return found


def verified(rules: RuleSet, by: Mapping[str, str]) -> RuleSet:
    """The rule set with who verified its rows, by their ids; nothing that is counted changes."""
    if not by:
        return rules
    return replace(
        rules,
        verdicts=tuple(
            replace(row, verified_by=by.get(row.id, row.verified_by)) for row in rules.verdicts
        ),
        clocks=tuple(
            replace(row, verified_by=by.get(row.id, row.verified_by)) for row in rules.clocks
        ),
    )


def from_text(text: str) -> RuleSet:
    """The rule set in TOML text. Raises ``RuleSetFault``."""
    content = tomllib.loads(text)
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return RuleSet(
            id=content["id"],
            version=content["version"],
            title=content["title"],
            authority=content["authority"],
            region=content["region"],
            suspected_by=content["suspected_by"],
            verdicts=tuple(_verdict(row) for row in content["verdicts"]),
            clocks=tuple(_clock(row) for row in content["clocks"]),
            sha256=hashlib.sha256(canonical.encode()).hexdigest(),
        )
    except KeyError as missing:
        raise RuleSetFault(f"a row lacks {missing}") from None


def _verdict(row: Mapping[str, Any]) -> VerdictRule:
    _check(row["outcome"] in get_args(Outcome), row, "outcome")
    _check(row["when"].keys() <= _CONDITIONS, row, "when")
    return VerdictRule(
        id=row["id"],
        outcome=row["outcome"],
        when=row["when"],
        says=row["says"],
        regulation=row["regulation"],
        verified_by=row["verified_by"] or None,
    )


def _clock(row: Mapping[str, Any]) -> ClockRule:
    _check(row["kind"] in get_args(ClockKind), row, "kind")
    counts_from = row.get("counts_from", "day_zero")
    _check(counts_from in get_args(CountsFrom), row, "counts_from")
    _check(("days" in row) != (row["kind"] == "exempt_period"), row, "days")
    _check((counts_from == "report_sent") == ("at_most_days" in row), row, "at_most_days")
    return ClockRule(
        id=row["id"],
        kind=row["kind"],
        label=row["label"],
        recipient=row["recipient"],
        days=row.get("days"),
        counts_from=counts_from,
        at_most_days=row.get("at_most_days"),
        regulation=row["regulation"],
        verified_by=row["verified_by"] or None,
    )


def _check(holds: bool, row: Mapping[str, Any], field_name: str) -> None:
    if not holds:
        raise RuleSetFault(f"{row.get('id', 'a row')}: {field_name} is not as it must be")
