"""Forced allocations: a named arm for one child, by two persons, as often as the study allows.

Neither list nor gate has a say, and no slot is used: what the list gives the other children stays
as it was. For the same reason a forced child does not enter the balance of a minimisation, which
weighs the equal arms behind the arms: a forced child has none. It does count towards the caps, and
what would have refused an ordinary allocation is noted in the explanation.
"""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.randomization import aftercare_repository as repository
from services.randomization import allocation_repository, answers, errors, events, explanation
from services.randomization import repository as site_repository
from services.randomization.aftercare_schemas import (
    ForcedAllocation,
    ForcedAllocations,
    ForcedDecision,
    ForcedProposal,
)
from services.randomization.aftercare_service import full_stratum
from services.randomization.service import check_enrolling, known_subject, randomization_number
from shared.database.idempotency import content_hash
from shared.database.outbox import publish
from shared.database.signatures import sign
from shared.database.unit_of_work import UnitOfWork
from shared.http.pagination import Page
from shared.http.problems import FieldError, InvalidContent, NotFound, SignatureRequired

Row = Mapping[str, Any]


def propose(work: UnitOfWork, proposal: ForcedProposal) -> ForcedAllocation:
    """Propose an arm for a child in screening. Nothing is allocated before somebody else approves.

    Raises ``ForcingRefused``, ``SubjectUnknown``, ``AlreadyAllocated``, ``StratumRefused``, and
    ``InvalidContent`` for an arm that the study does not have.
    """
    definition = work.definition()
    if proposal.arm not in {arm.code for arm in definition.arms}:
        fault = FieldError("/arm", "unknown-arm", "The study has no such arm.")
        raise InvalidContent(errors=[fault])
    stratum = full_stratum(definition.randomization, proposal.levels)
    _check_limit(work)
    _check_child(work, proposal.subject, proposal.site)
    if repository.open_forced(work, proposal.subject) is not None:
        raise errors.ForcingRefused("There is a proposal for this subject.")
    work.because(proposal.reason)
    made = repository.add_forced(work, proposal.model_dump() | {"stratum": stratum})
    return _answer(work, _found(repository.find_forced(work, made)))


def decide(work: UnitOfWork, proposal_id: str, decision: ForcedDecision) -> ForcedAllocation:
    """Approve (signed) or reject a proposal, as another person than the one who made it.

    Raises ``NotFound``, ``SecondPersonNeeded``, ``ForcingRefused`` where it was decided before or
    the limit is reached, and as ``propose`` where the child was allocated in the meantime.
    """
    if decision.decision == "reject":
        _proposed(work, proposal_id)
        work.because(decision.reason)
        repository.decide_forced(work, proposal_id, "rejected", decision.reason)
    else:
        _approve(work, proposal_id, decision)
    return _answer(work, _found(repository.find_forced(work, proposal_id)))


def list_forced(work: UnitOfWork, page: Page) -> ForcedAllocations:
    rows = repository.list_forced(work, page.after, page.limit + 1)
    return ForcedAllocations(
        items=[_answer(work, row) for row in page.cut(rows)], next=page.next(rows, "proposal_id")
    )


def _approve(work: UnitOfWork, proposal_id: str, decision: ForcedDecision) -> None:
    if work.signature is None:
        raise SignatureRequired
    # The limit first: it locks the study, and everything after it is read behind the lock.
    used = _check_limit(work)
    proposal = _proposed(work, proposal_id)
    known = _check_child(work, proposal["subject_id"], proposal["site_id"])
    site = _check_site(work, proposal["site_id"], known)
    work.because(decision.reason)
    repository.decide_forced(work, proposal_id, "approved", decision.reason)
    decided = _found(repository.find_forced(work, proposal_id))
    weighed = _weigh(work, proposal, known)
    facts = _facts(work, decided, site) | {
        "explanation": _explanation(work, decided, used, weighed)
    }
    row = allocation_repository.add_allocation(work, facts, _content_hash(proposal))
    _sign(work, decided)
    publish(work, events.subject_randomized(row))
    for alert in weighed["alerts"] or ():
        publish(work, events.cap_threshold(alert))


def _check_limit(work: UnitOfWork) -> int:
    """How many were forced, with the study locked. Raises ``ForcingRefused``, ``StudyClosed``."""
    limit = work.definition().randomization.forced_limit
    if limit == 0:
        raise errors.ForcingRefused("The study forces no allocation.")
    if repository.lock_study(work)["state"] == "closed":
        raise errors.StudyClosed
    used = repository.forced_used(work)
    if used >= limit:
        raise errors.ForcingRefused("The study's limit of forced allocations is reached.")
    return used


def _check_child(work: UnitOfWork, subject: str, site: str) -> Row:
    known = known_subject(work, subject, site)
    if known["allocated_on_hash"] is not None:
        raise errors.AlreadyAllocated
    check_enrolling(known)
    return known


def _check_site(work: UnitOfWork, site_id: str, known: Row) -> Row:
    """A paused site may be the very emergency; a closed one, or one without approval, is none."""
    site = _found(site_repository.find_site(work, site_id))
    if site["state"] == "closed":
        raise errors.SiteNotOpen
    today = work.now.astimezone(ZoneInfo(known["time_zone"])).date()
    if site["approved_until"] is not None and site["approved_until"] < today:
        raise errors.SiteApprovalExpired
    return site


def _proposed(work: UnitOfWork, proposal_id: str) -> Row:
    """The proposal, locked, where this caller may decide it."""
    proposal = _found(repository.lock_forced(work, proposal_id))
    if proposal["state"] != "proposed":
        raise errors.ForcingRefused("The proposal was decided before.")
    if proposal["proposed_by"] in work.persons:
        raise errors.SecondPersonNeeded
    return proposal


def _weigh(work: UnitOfWork, proposal: Row, known: Row) -> Row:
    caps = [cap.model_dump(mode="json") for cap in work.definition().randomization.caps]
    today = work.now.astimezone(ZoneInfo(known["time_zone"])).date()
    return repository.weigh_entry(work, proposal["site_id"], proposal["stratum"], today, caps)


def _facts(work: UnitOfWork, proposal: Row, site: Row) -> dict[str, Any]:
    return {
        "subject": proposal["subject_id"],
        "site": proposal["site_id"],
        "country": site["country"],
        "number": randomization_number(work.study, proposal["subject_id"]),
        "source": "forced",
        "list": None,
        "label": None,
        "position": None,
        "stratum": proposal["stratum"],
        "levels": proposal["levels"],
        "arm": proposal["arm"],
        "fake_arm": None,
        "replaces": None,
        "at": work.now,
        "gate": {"values": {}, "strata": proposal["levels"]},
        "opening": None,
    }


def _explanation(work: UnitOfWork, proposal: Row, used: int, weighed: Row) -> dict[str, Any]:
    definition = work.definition()
    return {
        "method": "forced",
        "proposal": proposal["proposal_id"],
        "reason": proposal["reason"],
        "proposed_by": proposal["proposed_by"],
        "proposed_at": proposal["proposed_at"].isoformat(),
        "decided_by": proposal["decided_by"],
        "decision_reason": proposal["decision_reason"],
        "stratum": proposal["stratum"],
        "levels": proposal["levels"],
        "definition_version": definition.version,
        "forced_before": used,
        "forced_limit": definition.randomization.forced_limit,
        "deviations": list(weighed["deviations"]),
        "cap_reached": weighed["cap"],
        **explanation.circumstances(work),
    }


def _content_hash(proposal: Row) -> str:
    """Differs from that of every allocation request: a forced child is no replay of one."""
    return content_hash({"forced": proposal["proposal_id"], "subject": proposal["subject_id"]})


def _sign(work: UnitOfWork, proposal: Row) -> None:
    names = ("subject_id", "site_id", "stratum", "arm", "reason", "proposed_by", "decision_reason")
    sign(
        work,
        table="randomization.forced_allocation",
        key=proposal["proposal_id"],
        content={name: proposal[name] for name in names},
        subject=proposal["subject_id"],
        site=proposal["site_id"],
    )


def _answer(work: UnitOfWork, row: Row) -> ForcedAllocation:
    return ForcedAllocation(
        proposal=row["proposal_id"],
        study=row["study_id"],
        subject=row["subject_id"],
        site=row["site_id"],
        stratum=row["stratum"],
        arm=row["arm"] if answers.sees_arm(work) else answers.MASKED,
        reason=row["reason"],
        state=row["state"],
        proposed_by=row["proposed_by"],
        proposed_at=row["proposed_at"],
        decided_by=row["decided_by"],
        decided_at=row["decided_at"],
        decision_reason=row["decision_reason"],
    )


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
