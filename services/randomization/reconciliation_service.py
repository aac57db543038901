"""Use cases of the reconciliation. It compares and reports, and overwrites nothing."""

from collections.abc import Mapping
from typing import Any

from services.randomization import cursors, integrity_repository, unblinded_repository
from services.randomization import reconciliation_repository as repository
from services.randomization.domain import integrity, reconciliation
from services.randomization.reconciliation_schemas import (
    DifferenceShown,
    Reconciliation,
    Reconciliations,
)
from shared.contracts.randomization import DifferencesFound
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.identity.matrix import matrix

Row = Mapping[str, Any]


def reconcile(work: UnitOfWork) -> Reconciliation:
    """Compare the three sides now, and what is stored of allocations with slots and openings, and
    the chains with their heads of the last time.

    What differs is told without details, whoever asks: they are read from the list, where the
    reading is written down."""
    sides = repository.sides(work)
    given, marked = integrity_repository.stored(work)
    altered, heads = integrity.differences(given, marked, integrity_repository.last_heads(work))
    found = [*altered, *reconciliation.differences(sides)]
    work.because("reconciliation")
    row = repository.add_reconciliation(
        work,
        reconciliation.counts(sides),
        reconciliation.hashes(sides),
        found,
        integrity_repository.spelled(heads),
    )
    if found:
        publish(
            work,
            DifferencesFound(reconciliation_id=row["reconciliation_id"], differences=len(found)),
        )
    return _shown(row, details=False)


def list_reconciliations(work: UnitOfWork, page: Page) -> Reconciliations:
    """What the reconciliations found, oldest first. Details only to those who may know arms, and
    noted in the same transaction."""
    details = _is_unblinded(work)
    rows = repository.list_reconciliations(work, cursors.after(page), page.limit + 1)
    shown = page.cut(rows)
    if details and any(row["differences"] for row in shown):
        unblinded_repository.note_unblinded_read(work, "list_reconciliations", work.study)
    places = [cursors.cursor(row["reconciled_at"], row["reconciliation_id"]) for row in rows]
    return Reconciliations(
        items=[_shown(row, details=details) for row in shown], next=page.next(places, "cursor")
    )


def _is_unblinded(work: UnitOfWork) -> bool:
    """Whether the caller may know every child's arm: a site's own staff see no more than theirs."""
    role = matrix().roles.get(work.principal.role)
    return role is not None and role.sees_arm and role.all_sites


def _shown(row: Row, *, details: bool) -> Reconciliation:
    return Reconciliation(
        reconciliation_id=row["reconciliation_id"],
        study=row["study_id"],
        reconciled_at=row["reconciled_at"],
        counts=row["counts"],
        hashes=row["hashes"],
        differences=[
            DifferenceShown(
                kind=one["kind"],
                subject=one["subject"] or None,
                details=one["details"] if details else None,
            )
            for one in row["differences"]
        ],
    )
