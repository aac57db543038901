"""What a derivation anew changes: which versions to add, and what of them is worth telling."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from services.assessments.domain.derived import VOID, Derived, voided
from services.assessments.domain.outcomes import affected
from shared.rules.model import Pack

Face = tuple[str | None, str, str | None]
"""Value, status and reason."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A derivation as it is kept: its last version, without the trace."""

    version: int
    face: Face
    content_hash: str
    pack: str
    arm_revealing: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A version to add. ``before`` is the face of the one it follows; None for a first one."""

    number: int
    before: Face | None
    after: Derived

    @property
    def moves(self) -> bool:
        """Whether it says something else than before."""
        return news(self.before) != news(self.after.face)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcome measures that it may move."""
        return affected(self.after.name)


@dataclass(frozen=True, slots=True)
class Compared:
    """All derivations of a subject made anew, and the versions to add for what changed."""

    derived: Mapping[str, Derived]
    steps: tuple[Step, ...]


def news(face: Face | None) -> Face | None:
    """What a face says; None where it only waits for data, or is no more."""
    if face is None or (face[0] is None and face[1] in {"pending", VOID}):
        return None
    return face


def steps(
    known: Mapping[str, Stored], derived: Mapping[str, Derived], packs: Mapping[str, Pack]
) -> list[Step]:
    """The versions that take what is kept to what is derived, in the order of derivation.

    A version is added only where value, status, reason or trace differ. What is derived no more
    gets a version that says so.
    """
    found = []
    for name, after in derived.items():
        before = known.get(name)
        if before is None:
            found.append(Step(1, None, after))
        elif before.content_hash != after.content_hash:
            found.append(Step(before.version + 1, before.face, after))
    found += [
        Step(
            before.version + 1,
            before.face,
            voided(name, packs.get(before.pack), before.arm_revealing),
        )
        for name, before in sorted(known.items())
        if name not in derived and before.face[1] != VOID
    ]
    return found


def told(found: Iterable[Step]) -> list[Step]:
    """The steps that every role may know of, and that say something new."""
    return [step for step in found if step.moves and not step.after.arm_revealing]
