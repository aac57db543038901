"""Reading a case in depth: versions with what they changed, obligations with what they rest on."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.safety import (
    escalation_repository,
    fact_repository,
    obligation_repository,
    obligation_service,
    repository,
    version_service,
    views,
)
from services.safety.case_schemas import (
    CaseHistory,
    CaseVersions,
    DueChangeShown,
    EscalationShown,
    FactShown,
    FieldDifference,
    Obligations,
    ObligationTraced,
    VersionShown,
)
from services.safety.contents import of_row
from services.safety.domain.differences import REVEALING, differences
from services.safety.domain.facts import ARM_REVEALING, Fact, known
from services.safety.domain.obligations import Obligation
from services.safety.repository import Row
from services.safety.unblinded_repository import note_logged_read
from shared.database.unit_of_work import UnitOfWork


def list_versions(work: UnitOfWork, number: str) -> CaseVersions:
    """Every version with the fields it changed, first to last."""
    case = version_service.found(repository.find_case(work, number))
    note_logged_read(work, "safety.list_case_versions", number)
    rows = repository.versions(work, case["case_id"])
    open_sight = views.sees_arm(work.principal.role)
    return CaseVersions(
        items=[
            VersionShown(
                version=row["version"],
                kind=row["kind"],
                significant=row["significant"],
                # Free text may name the drug.
                reason=row["reason"] if open_sight else None,
                recorded_at=row["recorded_at"],
                actor=row["actor"],
                role=row["actor_role"],
                changes=_changes(rows, index, open_sight=open_sight),
            )
            for index, row in enumerate(rows)
        ]
    )


def list_obligations(work: UnitOfWork, number: str, as_of: datetime | None) -> Obligations:
    """What a case owes or owed, with the facts that each rests on; now or as of an instant."""
    case = version_service.found(repository.find_case(work, number))
    note_logged_read(work, "safety.list_obligations", number)
    at = work.now if as_of is None else as_of
    facts = fact_repository.facts(work, case["case_id"])
    definition = work.definition() if as_of is None else work.definition_at(as_of)
    owed = obligation_service.owed(case["case_id"], facts, definition, at)
    open_sight = views.sees_arm(work.principal.role)
    standing = {
        str(fact.fact_id): fact
        for fact in known(facts, at)
        if open_sight or fact.kind not in ARM_REVEALING
    }
    return Obligations(items=[_traced(each, standing) for each in owed.obligations])


def read_history(work: UnitOfWork, number: str) -> CaseHistory:
    """How the due dates came to be, and which steps of the ladder were taken."""
    case = version_service.found(repository.find_case(work, number))
    kinds = {row["fact_id"]: row["kind"] for row in fact_repository.rows(work, case["case_id"])}
    return CaseHistory(
        changes=[
            DueChangeShown(
                number=row["number"],
                rule_set=row["rule_set"],
                clock=row["clock_id"],
                rule_version=row["rule_version"],
                old_due_at=row["old_due_at"],
                new_due_at=row["new_due_at"],
                old_state=row["old_state"],
                new_state=row["new_state"],
                cause_fact=str(row["cause_fact"]),
                cause_kind=kinds[row["cause_fact"]],
                changed_at=row["changed_at"],
                actor=row["actor"],
                role=row["actor_role"],
            )
            for row in obligation_repository.changes(work, case["case_id"])
        ],
        escalations=[
            EscalationShown(
                obligation_id=str(row["obligation_id"]),
                step=row["step"],
                roles=list(row["roles"]),
                step_at=row["step_at"],
                escalated_at=row["escalated_at"],
                message_id=row["message_id"],
            )
            for row in escalation_repository.of_case(work, case["case_id"])
        ],
    )


def _changes(rows: Sequence[Row], index: int, *, open_sight: bool) -> list[FieldDifference]:
    if index == 0:
        return []
    found = differences(of_row(rows[index - 1]), of_row(rows[index]))
    # That a second drug came or went tells the arm as its name does.
    return [
        FieldDifference(field=each.field, old=each.old, new=each.new)
        for each in found
        if open_sight or each.field not in REVEALING
    ]


def _traced(found: Obligation, standing: Mapping[str, Fact]) -> ObligationTraced:
    trace = [standing[str(name)] for name in found.trace if str(name) in standing]
    trace.sort(key=_order)
    return ObligationTraced(
        **dict(views.obligation(found)),
        trigger=str(found.trigger),
        trace=[_fact(fact) for fact in trace],
    )


def _order(fact: Fact) -> tuple[datetime, datetime, str, str]:
    return fact.received_at, fact.recorded_at, fact.kind, str(sorted(fact.value.items()))


def _fact(fact: Fact) -> FactShown:
    return FactShown(
        fact_id=str(fact.fact_id),
        kind=fact.kind,
        value=dict(fact.value),
        true_at=fact.true_at,
        received_at=fact.received_at,
        received_on=fact.received_on,
        zone=fact.received_zone,
        recorded_at=fact.recorded_at,
        source=fact.source,
        actor=fact.actor,
        supersedes=None if fact.supersedes is None else str(fact.supersedes),
    )
