"""Derivations are made anew in the transaction of the change that they follow from."""

from collections.abc import Iterable, Mapping, Sequence

from services.assessments import derivation_repository as store
from services.assessments import derived_query_service, events
from services.assessments.domain.derived import FAILED, Derived, derive_subject
from services.assessments.domain.packs.registry import packs_needed
from services.assessments.domain.rederived import Compared, steps, told
from services.assessments.domain.subject_facts import changed_forms, read_by_packs, subject_facts
from services.assessments.domain.subject_state import SubjectState
from services.assessments.known_repository import Known
from shared.database.outbox import publish_all
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.rules.loading import load_pack
from shared.rules.model import Pack

DATA, ALLOCATION, RULES = "data", "allocation", "rules"
"""Why a derivation may change: what was recorded, the allocation, or another version of a pack."""


def packs_in_force() -> Mapping[str, Pack]:
    """The rule packs that derivations are made by."""
    return {name: load_pack(name) for name in packs_needed()}


def rederive_all(
    work: UnitOfWork,
    states: Sequence[SubjectState],
    known: Mapping[str, Known],
    submission_id: str,
    cause: str = DATA,
) -> None:
    """Make the derivations of subjects anew; ``known`` is what there was of them before.

    After a change of data nothing is derived for a subject that has derivations and of which no
    form was written that a pack reads.
    """
    wanted = [
        state
        for state in states
        if cause != DATA or not known[state.subject].derived or _concerned(work, state)
    ]
    store_steps(work, wanted, compared(work, wanted, known), known, submission_id, cause)


def store_steps(
    work: UnitOfWork,
    states: Iterable[SubjectState],
    found: Mapping[str, Compared],
    known: Mapping[str, Known],
    submission_id: str,
    cause: str,
) -> None:
    """Store versions of derivations and tell of those that every role may know of."""
    subjects = list(states)
    store.add(
        work, [(s, each) for s in subjects for each in found[s.subject].steps], submission_id, cause
    )
    derived_query_service.settle(work, subjects, found, packs_in_force(), known, submission_id)
    _tell(work, subjects, found, submission_id, cause)


def compared(
    work: UnitOfWork,
    states: Iterable[SubjectState],
    known: Mapping[str, Known],
) -> dict[str, Compared]:
    """A full derivation of each subject, and the versions that it would add; nothing is stored."""
    definition, packs = work.definition(), packs_in_force()
    found = {}
    for state in states:
        derived = derive_subject(definition, subject_facts(definition, state), packs)
        _report_faults(work, derived.values())
        found[state.subject] = Compared(
            derived, tuple(steps(known[state.subject].derived, derived, packs))
        )
    return found


def _report_faults(work: UnitOfWork, derived: Iterable[Derived]) -> None:
    """A fault of a pack's code loses no entry, and must not go unseen."""
    for each in derived:
        if each.reason == FAILED:
            log(
                "derivation failed",
                level="error",
                study=work.study,
                function=each.name,
                error=each.trace["notes"][-1],
            )


def _concerned(work: UnitOfWork, state: SubjectState) -> bool:
    return not changed_forms(state).isdisjoint(read_by_packs(work.definition()))


def _tell(
    work: UnitOfWork,
    states: Iterable[SubjectState],
    found: Mapping[str, Compared],
    submission_id: str,
    cause: str,
) -> None:
    hidden = events.hidden_forms(work.definition())
    publish_all(
        work,
        [
            events.derivation_changed(work.study, state, step, submission_id, cause, hidden)
            for state in states
            for step in told(found[state.subject].steps)
        ],
    )
