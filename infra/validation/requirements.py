"""Requirements and the policy of evidence, read from their files."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "validation"
POLICY = "policy.toml"
_MUST = frozenset({"id", "title", "text", "source", "risk"})
_MAY = frozenset({"procedural", "software", "open"})


class RequirementError(ValueError):
    """A requirement or the policy is not written as it must be; the message says where and why."""


@dataclass(frozen=True)
class Requirement:
    """``procedural``: why software alone cannot do it, and ``software``: what it does toward it.
    ``open``: what is not done, or not shown, though the rest is."""

    id: str
    title: str
    text: str
    source: str
    risk: str
    procedural: str | None = None
    software: str | None = None
    open: str | None = None


@dataclass(frozen=True)
class Policy:
    """``needs``: kinds of tests that a requirement of a risk must all have; ``any``: kinds of which
    one is enough; ``kinds``: each kind with what it means."""

    needs: Mapping[str, Sequence[str]]
    any: Mapping[str, Sequence[str]]
    kinds: Mapping[str, str]

    @property
    def risks(self) -> frozenset[str]:
        return frozenset(self.needs)


def load_policy(folder: Path = FOLDER) -> Policy:
    """Raises ``RequirementError`` where a risk asks for a kind that is none."""
    told = tomllib.loads((folder / POLICY).read_text(encoding="utf-8"))
    risks: dict[str, dict[str, Any]] = told["risk"]
    policy = Policy(
        {risk: tuple(each.get("needs", ())) for risk, each in risks.items()},
        {risk: tuple(each.get("any", ())) for risk, each in risks.items()},
        told["kind"],
    )
    for asked in (*policy.needs.values(), *policy.any.values()):
        for kind in asked:
            if kind not in policy.kinds:
                raise RequirementError(f"{POLICY}: there is no kind {kind!r}")
    return policy


def load_requirements(policy: Policy, folder: Path = FOLDER) -> dict[str, Requirement]:
    """All requirements by id, in the order of files and lines. Raises ``RequirementError``."""
    found: dict[str, Requirement] = {}
    for file in sorted(folder.glob("*.toml")):
        if file.name == POLICY:
            continue
        for told in tomllib.loads(file.read_text(encoding="utf-8")).get("requirement", ()):
            requirement = _requirement(file.name, told, policy)
            if requirement.id in found:
                raise RequirementError(f"{file.name}: {requirement.id} is there twice")
            found[requirement.id] = requirement
    if not found:
        raise RequirementError(f"{folder} holds no requirement")
    return found


def _requirement(file: str, told: Mapping[str, str], policy: Policy) -> Requirement:
    name = told.get("id", "?")
    missing, unknown = _MUST - told.keys(), told.keys() - _MUST - _MAY
    if missing or unknown:
        raise RequirementError(
            f"{file}: {name} lacks {sorted(missing)} or has what is unknown, {sorted(unknown)}"
        )
    if told["risk"] not in policy.risks:
        raise RequirementError(f"{file}: {name} has no risk of {sorted(policy.risks)}")
    if ("procedural" in told) != ("software" in told):
        raise RequirementError(
            f"{file}: {name} says why it is procedural and what software does toward it, or neither"
        )
    return Requirement(**told)
