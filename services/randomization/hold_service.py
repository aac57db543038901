"""The hold after a restore: what is left to do, and the steps that two persons take in it.

A position is voided where it was given to somebody whom nobody can name; the hold ends when every
allocation that others saw is entered and every stratum has come to the last position that anybody
outside has seen. The next child gets the one behind it.
"""

from collections.abc import Mapping
from typing import Any

from services.randomization import (
    envelopes_repository,
    errors,
    list_repository,
    restored_repository,
)
from services.randomization.aftercare_repository import lock_study
from services.randomization.restored_schemas import (
    Hold,
    Lost,
    SeenPlace,
    Step,
    StepDecision,
    StepProposal,
    Without,
)
from services.randomization.service import refusal
from services.randomization.vault import TakenSlot, Vault
from services.randomization.void_service import void_number
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound, SignatureRequired

Row = Mapping[str, Any]


def read_hold(work: UnitOfWork) -> Hold:
    row = restored_repository.hold(work)
    return Hold(
        study=work.study,
        held=row["held"],
        reason=row["reason"],
        opened_by=row["opened_by"],
        opened_at=row["opened_at"],
        lost=[_lost(one) for one in restored_repository.lost(work)],
        steps=[_step(one) for one in restored_repository.steps(work)],
    )


def propose(work: UnitOfWork, told: StepProposal) -> Step:
    """Propose a step. Nothing is done before somebody else approves.

    Raises ``NotHeld``, ``StepRefused`` where another step waits or the release is too early.
    """
    lock_study(work)
    _check_held(work)
    if restored_repository.open_step(work) is not None:
        raise errors.StepRefused("Another step waits for its decision.")
    if told.kind == "release":
        _check_nothing_left(work, told.seen, told.without)
    work.because(told.reason)
    return _found(work, restored_repository.add_step(work, told))


def decide(work: UnitOfWork, step_id: str, decision: StepDecision, vault: Vault) -> Step:
    """Approve (signed) or reject a step, as another person than the one who proposed it.

    Raises ``NotFound``, ``SecondPersonNeeded``, ``NotHeld``, ``StepRefused``, and for a void what
    taking its position raises.
    """
    lock_study(work)
    row = restored_repository.lock_step(work, step_id)
    if row is None:
        raise NotFound
    _check_decider(work, row)
    if decision.decision == "approve":
        if work.signature is None:
            raise SignatureRequired
        _check_held(work)
        step = _step(row)
        work.because(decision.reason)
        if step.place is None:
            _check_nothing_left(work, step.seen, step.without)
            restored_repository.release(work)
        else:
            _void(work, step.place, row, vault)
        _sign(work, row)
    work.because(decision.reason)
    state = "approved" if decision.decision == "approve" else "rejected"
    restored_repository.decide_step(work, step_id, state, decision.reason)
    return _found(work, step_id)


def _check_held(work: UnitOfWork) -> None:
    if not restored_repository.hold(work)["held"]:
        raise errors.NotHeld


def _check_decider(work: UnitOfWork, row: Row) -> None:
    if row["state"] != "proposed":
        raise errors.StepRefused("The step was decided before.")
    if row["proposed_by"] in work.persons:
        raise errors.SecondPersonNeeded


def _check_nothing_left(work: UnitOfWork, seen: list[SeenPlace], without: list[Without]) -> None:
    """Raises ``StepRefused`` with everything that is still to be entered or voided."""
    let_go = {one.subject for one in without}
    given = restored_repository.given(work)
    left = [
        FieldError("/without", "not-entered", f"Subject {row['subject_id']} has no allocation.")
        for row in restored_repository.lost(work)
        if not row["entered"] and row["subject_id"] not in let_go
    ]
    left += [
        FieldError(f"/seen/{n}/position", "not-reached", "Positions up to this one are free.")
        for n, place in enumerate(seen)
        if place.position > given.get((place.list_id, place.stratum), 0)
    ]
    if left:
        raise errors.StepRefused(errors=left)


def _void(work: UnitOfWork, place: SeenPlace, row: Row, vault: Vault) -> None:
    """Use up the position; its arm is told to nobody before the reveal."""
    number = void_number(work.study, place.list_id, place.stratum, place.position)
    taken = restored_repository.take_lost(
        work,
        list=place.list_id,
        site=None,
        label=place.stratum,
        position=place.position,
        subject=number,
    )
    if taken["refusal"] is not None:
        raise refusal(taken)
    listed = list_repository.find_list(work, place.list_id)
    if listed is None:
        raise AssertionError("a list whose position was taken is there")
    slot = TakenSlot.of(taken, label=place.stratum, list_id=place.list_id, position=place.position)
    opened = vault.open(work.study, slot, vault.published(work.study, listed))
    work.because(row["reason"])
    envelopes_repository.add_void(
        work, listed, (place.stratum, place.position, row["reason"]), number, opened.content
    )


def _sign(work: UnitOfWork, row: Row) -> None:
    names = ("kind", "list_id", "label", "position", "seen", "without", "reason", "proposed_by")
    sign(
        work,
        table="randomization.hold_step",
        key=row["step_id"],
        content={name: row[name] for name in names},
    )


def _lost(row: Row) -> Lost:
    return Lost(
        subject=row["subject_id"],
        site=row["site_id"],
        allocation_id=row["allocation_id"],
        randomization_number=row["randomization_number"],
        randomized_at=row["randomized_at"],
        event_id=row["event_id"],
        entered=row["entered"],
    )


def _found(work: UnitOfWork, step_id: str) -> Step:
    row = restored_repository.find_step(work, step_id)
    if row is None:
        raise AssertionError("a step that was there is there for good")
    return _step(row)


def _step(row: Row) -> Step:
    place = None
    if row["list_id"] is not None:
        place = SeenPlace(list_id=row["list_id"], stratum=row["label"], position=row["position"])
    return Step(
        step_id=row["step_id"],
        study=row["study_id"],
        kind=row["kind"],
        place=place,
        seen=[SeenPlace(**one) for one in row["seen"]],
        without=[Without(**one) for one in row["without"]],
        reason=row["reason"],
        state=row["state"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        decision_reason=row["decision_reason"],
    )
