"""The state machine of a record's flags, against a model and in examples."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.flags import (
    Action,
    FlagEvent,
    Flags,
    FlagStepError,
    after,
    check_step,
    flags_of,
    refusal,
)

ACTIONS: tuple[Action, ...] = (
    "verify", "unverify", "freeze", "unfreeze", "lock", "request-unlock", "reject-unlock",
    "approve-unlock", "sign",
)  # fmt: skip
PERSONS = ("ann", "bob", "eve")


@dataclass
class Life:
    """A record with its flags: persons take steps, and the site corrects."""

    version: int = 1
    events: list[FlagEvent] = field(default_factory=list)

    @property
    def flags(self) -> Flags:
        return flags_of(self.events)

    def step(self, action: Action, person: str) -> str | None:
        """The refusal's code, None where the step is taken."""
        try:
            check_step(self.flags, action, frozenset({person}))
        except FlagStepError as refused:
            return refused.code
        self._add(action, person)
        return None

    def correct(self, person: str) -> str | None:
        code = refusal(self.flags)
        if code is not None:
            return code
        self.version += 1
        if self.flags.verified is not None or self.flags.signed is not None:
            self._add("void", person)
        return None

    def _add(self, action: Action, person: str) -> None:
        number = len(self.events) + 1
        signature = f"s{number}" if action == "sign" else None
        self.events.append(
            FlagEvent(number, action, self.version, person, "role", signature=signature)
        )


_MOVES = st.tuples(st.sampled_from([*ACTIONS, "correct"]), st.sampled_from(PERSONS))


@pytest.mark.proves("C14", kind="property")
@given(st.lists(_MOVES, max_size=40))
def test_flags_hold_what_they_promise_whatever_persons_try(
    moves: list[tuple[str, str]],
) -> None:
    life = Life()
    for move, person in moves:
        before, version = life.flags, life.version
        if move == "correct":
            done = life.correct(person) is None
            assert done == (not before.locked and not before.frozen)
        else:
            done = life.step(move, person) is None  # type: ignore[arg-type]
        now = life.flags
        if not done:
            assert (now, life.version) == (before, version)
        # Verified and signed are of the present version, always.
        assert now.verified in {None, life.version}
        assert now.signed in {None, life.version}
        assert (now.signature is None) == (now.signed is None)
        if before.locked and not now.locked:
            assert move == "approve-unlock"
            assert before.unlock_requested_by not in {None, person}
        if before.locked and now.locked:
            assert life.version == version
        assert now.unlock_requested_by is None or now.locked
    assert life.flags == flags_of(life.events)


def test_the_requester_of_an_unlocking_neither_approves_nor_rejects_it() -> None:
    life = Life()
    life.step("lock", "ann")
    assert life.step("request-unlock", "ann") is None
    assert life.step("approve-unlock", "ann") == "second-person"
    assert life.step("reject-unlock", "ann") == "second-person"
    assert life.step("approve-unlock", "bob") is None
    assert life.flags == Flags(events=3)


def test_who_signs_counts_as_a_person_beside_who_asks() -> None:
    locked = Flags(locked=True, unlock_requested_by="ann")
    with pytest.raises(FlagStepError, match="Another person"):
        check_step(locked, "approve-unlock", frozenset({"bob", "ann"}))


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (Flags(), None),
        (Flags(verified=1, signed=1), None),
        (Flags(frozen=True), "form-frozen"),
        (Flags(frozen=True, locked=True), "form-locked"),
        (Flags(locked=True, unlock_requested_by="ann"), "form-locked"),
    ],
)
def test_a_correction_is_refused_by_lock_before_freeze(flags: Flags, code: str | None) -> None:
    assert refusal(flags) == code


def test_a_void_keeps_freeze_and_counts_as_an_event() -> None:
    was = Flags(events=3, verified=1, frozen=True, signed=1, signature="s")
    assert after(was, FlagEvent(4, "void", 2, "ann", "coordinator")) == Flags(4, frozen=True)
