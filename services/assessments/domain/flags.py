"""The flags of a record, as the sum of its flag events.

Verified (source data verification) and signed are of one version and end with it. A frozen record
takes no edit of the site, a locked one none at all; it is unlocked by two persons.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from services.assessments.domain.history import History

Action = Literal[
    "verify",
    "unverify",
    "freeze",
    "unfreeze",
    "lock",
    "request-unlock",
    "reject-unlock",
    "approve-unlock",
    "sign",
    "void",
]


@dataclass(frozen=True)
class FlagEvent:
    """One step. ``version`` is the record's version that it is about; of a void, the new one."""

    number: int
    action: Action
    version: int
    actor: str
    role: str
    reason: str | None = None
    signature: str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True)
class Flags:
    """What a record carries. Versions are those of the record; None where the flag is not set."""

    events: int = 0
    verified: int | None = None
    frozen: bool = False
    locked: bool = False
    unlock_requested_by: str | None = None
    signed: int | None = None
    signature: str | None = None


class FlagStepError(ValueError):
    """A step that the flags do not allow. ``code``: form-locked, flag-step, second-person."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


def flags_of(events: Iterable[FlagEvent]) -> Flags:
    """The flags after these events, in order of number."""
    found = Flags()
    for event in events:
        found = after(found, event)
    return found


def after(flags: Flags, event: FlagEvent) -> Flags:
    """The flags after one more event."""
    match event.action:
        case "verify":
            changed = replace(flags, verified=event.version)
        case "unverify":
            changed = replace(flags, verified=None)
        case "freeze" | "unfreeze":
            changed = replace(flags, frozen=event.action == "freeze")
        case "lock":
            changed = replace(flags, locked=True)
        case "request-unlock":
            changed = replace(flags, unlock_requested_by=event.actor)
        case "reject-unlock":
            changed = replace(flags, unlock_requested_by=None)
        case "approve-unlock":
            changed = replace(flags, locked=False, unlock_requested_by=None)
        case "sign":
            changed = replace(flags, signed=event.version, signature=event.signature)
        case "void":
            changed = replace(flags, verified=None, signed=None, signature=None)
    return replace(changed, events=event.number)


def check_step(flags: Flags, action: Action, actors: frozenset[str]) -> None:
    """Whether ``actors`` (who asks and, if another, who signs) may take the step now.

    Raises ``FlagStepError``.
    """
    if flags.locked and action in {"verify", "unverify", "freeze", "unfreeze", "sign"}:
        raise FlagStepError("form-locked", "A locked record takes no other flag.")
    possible = {
        "verify": flags.verified is None,
        "unverify": flags.verified is not None,
        "freeze": not flags.frozen,
        "unfreeze": flags.frozen,
        "lock": not flags.locked,
        "request-unlock": flags.locked and flags.unlock_requested_by is None,
        "reject-unlock": flags.unlock_requested_by is not None,
        "approve-unlock": flags.unlock_requested_by is not None,
        "sign": flags.signed is None,
        "void": flags.verified is not None or flags.signed is not None,
    }
    if not possible[action]:
        raise FlagStepError("flag-step", "The record's flags do not allow this step.")
    if action in {"approve-unlock", "reject-unlock"} and flags.unlock_requested_by in actors:
        raise FlagStepError("second-person", "Another person must decide.")


def refusal(flags: Flags) -> str | None:
    """Why the record takes no edit of the site: form-locked, form-frozen; None where it does."""
    if flags.locked:
        return "form-locked"
    return "form-frozen" if flags.frozen else None


def shown_to(seen: History, events: Iterable[FlagEvent]) -> list[FlagEvent]:
    """The events that a role may know of, of which ``seen`` is what it sees of the record.

    A void is of the same instant as the version that voids: where that version is hidden, so is the
    void, which would tell that something was hidden there; and so is the verification or signature
    that followed from it, which to this role still stands.
    """
    instants = {version.recorded_at for version in seen.versions}
    shown: list[FlagEvent] = []
    flags = Flags()
    for event in events:
        hidden = event.action == "void" and event.recorded_at not in instants
        again = (event.action == "verify" and flags.verified is not None) or (
            event.action == "sign" and flags.signed is not None
        )
        if not hidden and not again:
            flags = after(flags, event)
            shown.append(event)
    return shown
