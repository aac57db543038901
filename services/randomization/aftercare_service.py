"""Use cases after an allocation: it was made in error, or in another stratum than the true one.

Neither changes the allocation, its slot, or any other child's arm. Errors are documented, not
mended (Yelland and others 2015, PMC4509880; strata: PMC7614797, table 5).
"""

from collections.abc import Mapping
from typing import Any

from services.randomization import aftercare_repository as repository
from services.randomization import allocation_repository, answers, errors, events
from services.randomization.aftercare_schemas import InErrorMark, StratumCorrection
from services.randomization.schemas import AllocationDetail
from shared.database.outbox import publish
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound
from shared.study.randomization import Randomization

Row = Mapping[str, Any]


def mark_in_error(work: UnitOfWork, subject: str, mark: InErrorMark) -> AllocationDetail:
    """Mark a subject as randomized in error, signed and for good. The slot stays consumed.

    The study is locked, so that it is certain after which draw of a minimisation the subject left
    the balance. Raises ``NotFound``, ``AlreadyInError``.
    """
    repository.lock_study(work)
    allocation = _allocation(work, subject)
    if allocation["in_error_at"] is not None:
        raise errors.AlreadyInError
    work.because(mark.reason)
    draws = allocation_repository.draws_used(work)
    repository.add_in_error(work, allocation, mark.category, mark.reason, draws)
    sign(
        work,
        table="randomization.in_error",
        key=subject,
        content={"subject": subject, "category": mark.category, "reason": mark.reason},
        subject=subject,
        site=allocation["site_id"],
    )
    publish(work, events.subject_in_error(subject, allocation["site_id"], mark.category))
    return answers.detail(work, _allocation(work, subject))


def correct_stratum(
    work: UnitOfWork, subject: str, correction: StratumCorrection
) -> AllocationDetail:
    """Record a subject's true stratum beside the one used, as a new version.

    Raises ``NotFound``, and ``StratumRefused`` for what is no stratum of the study or is the one
    that was last known.
    """
    allocation = _allocation(work, subject)
    stratum = full_stratum(work.definition().randomization, correction.levels)
    if stratum == (allocation["corrected_stratum"] or allocation["stratum"]):
        fault = FieldError("/levels", "stratum-unchanged", "This is the stratum known already.")
        raise errors.StratumRefused(errors=[fault])
    work.because(correction.reason)
    record_true_stratum(work, allocation, stratum, correction.levels, correction.reason)
    return answers.detail(work, _allocation(work, subject))


def record_true_stratum(
    work: UnitOfWork, allocation: Row, stratum: str, levels: Mapping[str, str], reason: str
) -> None:
    """Write the next version of an allocation's true stratum, and tell the others."""
    version = repository.add_correction(work, allocation, stratum, levels, reason)
    publish(work, events.stratum_corrected(allocation, version, stratum))


def full_stratum(randomization: Randomization, levels: Mapping[str, str]) -> str:
    """The label of a full stratum. Raises ``StratumRefused`` with every factor that is wrong."""
    factors = {factor.factor: factor.level_codes for factor in randomization.strata}
    faults = [
        FieldError(f"/levels/{name}", "unknown-factor", "The study has no such factor.")
        for name in sorted(levels.keys() - factors.keys())
    ]
    faults += [
        FieldError(f"/levels/{name}", "unknown-level", "No level, or one that the study lacks.")
        for name, codes in factors.items()
        if levels.get(name) not in codes
    ]
    if faults:
        raise errors.StratumRefused(errors=faults)
    return randomization.stratum_label(levels)


def _allocation(work: UnitOfWork, subject: str) -> Row:
    row = allocation_repository.find_allocation(work, subject)
    if row is None:
        raise NotFound
    return row
