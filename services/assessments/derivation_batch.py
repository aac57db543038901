"""Deriving many subjects anew, as when a rule pack has another version."""

from services.assessments import derivation_answers as answers
from services.assessments import derivation_repository as store
from services.assessments import derivation_service, known_repository, submission_service
from services.assessments.derivation_schemas import Rederivation, Rederived
from services.assessments.domain.rederived import Step
from services.assessments.submission_repository import Source
from shared.database.unit_of_work import UnitOfWork
from shared.identity.matrix import matrix

KIND = "rules"


def rederive(work: UnitOfWork, wanted: Rederivation) -> Rederived:
    """Derive subjects anew by the packs in force, or tell what would change.

    One write for all of them: each subject is locked until it is done. Nothing is written where
    nothing changes.
    """
    ids = store.subjects(work, wanted.subjects, after=wanted.after, limit=wanted.limit + 1)
    states = submission_service.load_states(work, set(ids[: wanted.limit]))
    known = known_repository.known(work, states)
    # Of a subject without derivations nothing was recorded yet: there is nothing to make anew.
    ordered = [states[subject] for subject in sorted(states) if known[subject].derived]
    found = derivation_service.compared(work, ordered, known)
    submission = None
    if not wanted.dry_run and any(each.steps for each in found.values()):
        submission = submission_service.open_submission(work)
        work.because(KIND)
        rules = derivation_service.RULES
        derivation_service.store_steps(work, ordered, found, known, submission, rules)
        submission_service.close_submission(work, submission, Source(KIND))
    sees_arm = matrix().roles[work.principal.role].sees_arm
    told = {
        subject: [step for step in each.steps if _told(step, sees_arm)]
        for subject, each in found.items()
    }
    return Rederived(
        dry_run=wanted.dry_run,
        subjects=len(ordered),
        versions=sum(len(steps) for steps in told.values()),
        moved=[
            answers.moved(work.study, state, step)
            for state in ordered
            for step in told[state.subject]
            if step.moves
        ],
        packs=[answers.rule_pack(pack) for pack in derivation_service.packs_in_force().values()],
        submission_id=submission,
        next=ids[wanted.limit - 1] if len(ids) > wanted.limit else None,
    )


def _told(step: Step, sees_arm: bool) -> bool:
    """A masked role is told what moves and nothing of traces: they may rest on what it must not
    know."""
    return sees_arm or (step.moves and not step.after.arm_revealing)
