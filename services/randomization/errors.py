"""What the randomization service refuses, each with a type of its own."""

from collections.abc import Mapping, Sequence

from shared.http.problems import FieldError, Problem


class SubjectUnknown(Problem):
    status, kind, title = 422, "subject-unknown", "There is no such subject at this site"


class NotEligible(Problem):
    status, kind, title = 422, "not-eligible", "The gate is not passed"


class AlreadyAllocated(Problem):
    status, kind, title = 409, "already-allocated", "This subject was allocated on other content"


class StudyPaused(Problem):
    status, kind, title = 409, "study-paused", "Enrolment is paused"


class StudyClosed(Problem):
    status, kind, title = 409, "study-closed", "Enrolment is closed"


class SiteNotOpen(Problem):
    status, kind, title = 409, "site-not-open", "The site is not open to enrolment"


class SiteApprovalExpired(Problem):
    status, kind, title = 409, "site-approval-expired", "The site's ethics approval has expired"


class CapReached(Problem):
    status, kind, title = 409, "cap-reached", "A limit on enrolment is reached"


class NoActiveList(Problem):
    status, kind, title = 409, "no-active-list", "No randomization list is active"


class WrongMode(Problem):
    status, kind, title = 409, "wrong-mode", "The active list is of another mode than the study"


class ListSuspended(Problem):
    status, kind, title = 409, "list-suspended", "The randomization list is suspended"


class ListBroken(Problem):
    """The stored list is not the one that was sealed: nothing is allocated from it any more."""

    status, kind, title = 409, "list-broken", "The randomization list failed its check"

    def __init__(self, list_id: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__("Nothing is taken from it or told of it.", errors)
        self.list_id = list_id


class AllocationAltered(Problem):
    """What is stored of an allocation contradicts itself: nobody is told an arm from it."""

    status, kind, title = 409, "allocation-altered", "The allocation is not as it was made"


class GlassClosed(Problem):
    """Nobody masked is told an arm but by a break of their own that is still open."""

    status, kind, title = 403, "glass-closed", "The glass is not broken, or too long ago"


class StratumExhausted(Problem):
    """Never a fall back to simple randomization: a person extends the list."""

    status, kind, title = 409, "stratum-exhausted", "The stratum has no number left"


class KeysUnavailable(Problem):
    status, kind, title = 503, "keys-unavailable", "The keys of the lists cannot be used"
    retry_after = 60


class AllocationHeld(Problem):
    """The database is not the one that it was: nobody is allocated before two persons have seen to
    what others saw of the one before."""

    status, kind, title = 503, "allocation-held", "Allocation is held after a restore"
    retry_after = 300


class NotHeld(Problem):
    status, kind, title = 409, "not-held", "Allocation is not held: there is nothing to restore"


class PositionUnknown(Problem):
    status, kind, title = 422, "position-unknown", "The list has no such position"


class PositionOutOfOrder(Problem):
    status, kind, title = 409, "position-out-of-order", "Another position comes first"


class ProofRefused(Problem):
    """Told before the arm is looked at: without the proof nobody learns whether an arm is right."""

    status, kind, title = 422, "proof-refused", "This is not the commitment of the next position"


class NotAsSeen(Problem):
    status, kind, title = 409, "not-as-seen", "This is not what others saw of the allocation"


class StepRefused(Problem):
    status, kind, title = 409, "step-refused", "This cannot be done in the hold"


class ListRefused(Problem):
    status, kind, title = 422, "list-refused", "The randomization list does not fit the study"


class ListActive(Problem):
    status, kind, title = 409, "list-active", "A randomization list is sealed or active already"


class ListState(Problem):
    status, kind, title = 409, "list-state", "The list's state does not allow this"


class ListRevealed(Problem):
    status, kind, title = 409, "list-revealed", "A list is revealed: the study stays closed"


class SecondPersonNeeded(Problem):
    status, kind, title = 409, "second-person-needed", "Another person must do this"


class NotAsSealed(Problem):
    status, kind, title = 422, "not-as-sealed", "This is not what was sealed"


class SiteKnown(Problem):
    status, kind, title = 409, "site-known", "The site was opened before, with other content"


class SiteUnknown(Problem):
    status, kind, title = 422, "site-unknown", "There is no such site"


class StateUnchanged(Problem):
    status, kind, title = 409, "state-unchanged", "It is in this state already"


class ReplacementRefused(Problem):
    status, kind, title = 409, "replacement-refused", "The study does not replace this subject"


class ForcingRefused(Problem):
    status, kind, title = 409, "forcing-refused", "No allocation may be forced here"


class AlreadyInError(Problem):
    status, kind, title = 409, "already-in-error", "The subject is marked as randomized in error"


class StratumRefused(Problem):
    status, kind, title = 422, "stratum-refused", "This is no stratum of the study"


class EnvelopeUnknown(Problem):
    status, kind, title = 422, "envelope-unknown", "There is no such envelope at this site"


class EnvelopeOutOfOrder(Problem):
    status, kind, title = 409, "envelope-out-of-order", "Another envelope comes first"


class EnvelopeCode(Problem):
    """Told before the arm is looked at: without the code nobody learns whether an arm is right."""

    status, kind, title = 422, "envelope-code", "This code does not open the envelope"


class EnvelopeArm(Problem):
    status, kind, title = 409, "envelope-arm", "The envelope did not hold this arm"


# What `take_slot`, `take_envelope` and `take_lost` say when they take nothing.
REFUSALS: Mapping[str, type[Problem]] = {
    "study-paused": StudyPaused,
    "study-closed": StudyClosed,
    "site-not-open": SiteNotOpen,
    "site-approval-expired": SiteApprovalExpired,
    "cap-reached": CapReached,
    "no-active-list": NoActiveList,
    "wrong-mode": WrongMode,
    "list-suspended": ListSuspended,
    "stratum-exhausted": StratumExhausted,
    "envelope-unknown": EnvelopeUnknown,
    "envelope-out-of-order": EnvelopeOutOfOrder,
    "not-held": NotHeld,
    "position-unknown": PositionUnknown,
    "position-out-of-order": PositionOutOfOrder,
}

# Raised by the functions and triggers of the randomization schema.
SQLSTATES: Mapping[str, type[Problem]] = {"IR008": ListState, "IR009": ListRevealed}
