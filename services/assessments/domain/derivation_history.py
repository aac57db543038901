"""A derivation and its versions, as a role sees them."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.assessments.domain.rederived import Face


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """One version. ``touched`` tells whether it rests on a record that reveals the arm.

    ``cause`` is why it was derived anew; the rest is of the submission that it was written in.
    """

    number: int
    face: Face
    content_hash: str
    touched: bool
    cause: str
    submission_id: str
    position: int
    recorded_at: datetime
    actor: str
    role: str


@dataclass(frozen=True, slots=True)
class DerivationHistory:
    """A derivation of a subject with its versions in order, at least one."""

    derivation_id: str
    subject: str
    site: str
    name: str
    pack: str
    versions: tuple[KeptVersion, ...]

    @property
    def latest(self) -> KeptVersion:
        return self.versions[-1]


def seen(history: DerivationHistory, *, sees_arm: bool) -> DerivationHistory:
    """The history as a role sees it.

    Who must not know the arm sees of a version that rests on arm-revealing records what it says
    and not how it was found. Versions that then look like the one before are left out and the rest
    counted anew: a gap would tell that something was hidden there.
    """
    if sees_arm:
        return history
    shown: list[KeptVersion] = []
    for version in history.versions:
        if not shown or _visible(version) != _visible(shown[-1]):
            shown.append(replace(version, number=len(shown) + 1))
    return replace(history, versions=tuple(shown))


def told_trace(version: KeptVersion, *, sees_arm: bool) -> bool:
    """Whether the role may see how the version was found."""
    return sees_arm or not version.touched


def _visible(version: KeptVersion) -> tuple[Face, str | None]:
    return version.face, None if version.touched else version.content_hash
