"""Listings over every case in reach, and the dry run of another version of the rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from services.safety import (
    fact_repository,
    obligation_repository,
    obligation_service,
    repository,
    version_service,
    views,
)
from services.safety.case_life import is_nullified
from services.safety.contents import of_row
from services.safety.domain import rule_sets
from services.safety.domain.case import Report
from services.safety.domain.classification import Classification, classify
from services.safety.domain.facts import Fact, known
from services.safety.domain.obligations import Obligation, State, weekend_warning
from services.safety.obligation_service import Owed
from services.safety.report_schemas import (
    CaseDifference,
    CaseLine,
    Due,
    DueList,
    LineListing,
    ObligationDifference,
    RuleApplication,
    RuleComparison,
    RulesApplied,
)
from services.safety.repository import Row
from services.safety.unblinded_repository import note_logged_read
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound

MOST_DUE: Final = 1000


def read_due_list(work: UnitOfWork) -> DueList:
    """What is to be met in the caller's reach, most urgent first."""
    rows = obligation_repository.due_list(work, MOST_DUE)
    left_out = rows[0]["running"] - len(rows) if rows else 0
    return DueList(
        items=[_due(work, row) for row in rows],
        left_out=left_out,
        computed_otherwise=obligation_service.computed_otherwise(work),
    )


def read_line_listing(work: UnitOfWork) -> LineListing:
    """Every case in reach in a line, in the order of their numbers."""
    open_sight = views.sees_arm(work.principal.role)
    note_logged_read(work, "safety.read_line_listing", work.study)
    return LineListing(
        unverified_rules=obligation_service.unverified_rules(work.definition()),
        items=[
            _line(each.row, each.report, each.facts, each.owed, open_sight=open_sight)
            for each in cases(work)
        ],
    )


def compare_rules(work: UnitOfWork, rule_set: str, version: str) -> RuleComparison:
    """What every case would owe under another version of a rule set. Nothing is stored.

    Raises ``NotFound`` where no such rule set is shipped.
    """
    if (rule_set, version) not in rule_sets.shipped():
        raise NotFound("There is no such rule set.")
    candidate = rule_sets.load(rule_set, version)
    now = next(
        (r for r in obligation_service.rules_in_force(work.definition()) if r.id == rule_set), None
    )
    cases, items = 0, []
    for row in repository.every_case(work):
        cases += 1
        facts = fact_repository.facts(work, row["case_id"])
        old = None if now is None else classify(row["case_id"], facts, now, work.now)
        new = classify(row["case_id"], facts, candidate, work.now)
        difference = _difference(row["case_number"], old, new)
        if difference is not None:
            items.append(difference)
    return RuleComparison(
        rule_set=rule_set,
        in_force=None if now is None else now.version,
        candidate=version,
        cases=cases,
        items=items,
    )


def apply_rules(work: UnitOfWork, body: RuleApplication) -> RulesApplied:
    """Compute anew what every case owes, under the rules in force. Each change names the newest
    fact of its case and the rule version; what differs is told as any recomputation is."""
    version_service.safety_of(work)
    work.because(body.reason)
    cases, changed = 0, 0
    for row in repository.every_case(work):
        case = version_service.found(repository.lock_case(work, row["case_number"]))
        newest = fact_repository.facts(work, case["case_id"])[-1]
        cases += 1
        changed += obligation_service.recompute(work, case, newest).changes > 0
    return RulesApplied(cases=cases, changed=changed)


@dataclass(frozen=True)
class Standing:
    """A case as it stands: row, newest content, ``facts`` that stand of all that were ever
    ``recorded``, what it owes."""

    row: Row
    report: Report
    facts: tuple[Fact, ...]
    recorded: Sequence[Fact]
    owed: Owed


def cases(work: UnitOfWork) -> Iterator[Standing]:
    """Every case in reach as it stands; none of which nothing was known by now, as where a caller
    of a sandbox names an instant before it."""
    version_service.safety_of(work)
    definition = work.definition()
    for row in repository.every_case(work):
        facts = fact_repository.facts(work, row["case_id"])
        standing = known(facts, work.now)
        if standing:
            owed = obligation_service.owed(row["case_id"], facts, definition, work.now)
            yield Standing(row, of_row(row), standing, facts, owed)


def _due(work: UnitOfWork, row: Row) -> Due:
    seconds = (row["due_at"] - work.now).total_seconds()
    return Due(
        case_number=row["case_number"],
        site=row["site_id"],
        subject=row["subject_id"],
        event_term=row["event_term"],
        obligation_id=str(row["obligation_id"]),
        clock=row["clock_id"],
        label=row["label"],
        authority=row["authority"],
        recipient=row["recipient"],
        day_zero=row["day_zero"],
        due_on=row["due_on"],
        due_at=row["due_at"].astimezone(UTC),
        zone=row["due_zone"],
        hours_left=int(seconds // 3600),
        provisional=row["provisional"],
        warning=weekend_warning(row["due_on"], row["day_zero"]),
        state=row["state"],
        last_step=row["last_step"],
        verified=row["verified_by"] is not None,
    )


def _line(
    row: Row, report: Report, facts: tuple[Fact, ...], owed: Owed, *, open_sight: bool
) -> CaseLine:
    return CaseLine(
        case_number=row["case_number"],
        site=row["site_id"],
        subject=row["subject_id"],
        version=row["version"],
        events=[event.term or "" for event in report.events],
        grades=[event.grade for event in report.events],
        seriousness=sorted({code for event in report.events for code in event.seriousness}),
        onset_on=report.onset_on,
        received_on=min(fact.received_on for fact in facts),
        outcome=report.outcome,
        products=list(report.products) if open_sight else None,
        special_interest=report.special_interest.code
        if open_sight and report.special_interest is not None
        else None,
        rulings={each.authority: each.outcome for each in owed.ruled},
        nullified=is_nullified(facts),
        first_due_at=owed.first_due_at,
    )


def _difference(
    number: str, old: Classification | None, new: Classification
) -> CaseDifference | None:
    before = {} if old is None else {each.obligation_id: each for each in old.obligations}
    after = {each.obligation_id: each for each in new.obligations}
    changed = [
        _obligation_difference(before.get(name), after.get(name))
        for name in {**before, **after}
        if _state(before.get(name)) != _state(after.get(name))
    ]
    outcomes = [
        None if each is None or each.ruled is None else each.ruled.outcome for each in (old, new)
    ]
    if not changed and outcomes[0] == outcomes[1]:
        return None
    return CaseDifference(
        case_number=number, old_outcome=outcomes[0], new_outcome=outcomes[1], obligations=changed
    )


def _obligation_difference(old: Obligation | None, new: Obligation | None) -> ObligationDifference:
    return ObligationDifference(
        clock="" if (named := old or new) is None else named.clock_id,
        old_due_at=None if old is None else old.due_at,
        new_due_at=None if new is None else new.due_at,
        old_state=_state(old),
        new_state=_state(new),
    )


def _state(obligation: Obligation | None) -> State | None:
    return None if obligation is None else obligation.state
