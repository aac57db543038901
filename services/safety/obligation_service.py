"""What a case owes, computed from its facts and written down: nobody sets or edits a due date.

Runs inside the transaction of whatever was recorded, behind the case's lock.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from services.safety import events, fact_repository, obligation_repository, repository
from services.safety.domain import rule_sets
from services.safety.domain.basis import basis
from services.safety.domain.classification import Ruled, classify
from services.safety.domain.facts import Fact
from services.safety.domain.obligations import RUNNING, Obligation, governing
from services.safety.domain.rule_sets import RuleSet
from services.safety.domain.site_clock import site_obligations
from services.safety.obligation_repository import DueChange
from services.safety.webhooks.notices import tell
from shared.database.outbox import publish
from shared.database.unit_of_work import UnitOfWork
from shared.http.logs import log
from shared.study import StudyDefinition

Row = Mapping[str, Any]
# To spell a basis takes longer than to write it down, and definitions do not change under a hash.
_BASES: dict[tuple[str | None, ...], str] = {}


@dataclass(frozen=True)
class Owed:
    """How a case stands: what it is to each authority, and every obligation, earliest due first.
    ``changes`` is how many obligations a recomputation opened, moved or closed; ``susars`` are the
    numbers of the events that are one, by authority."""

    ruled: tuple[Ruled, ...]
    obligations: tuple[Obligation, ...]
    changes: int = 0
    susars: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def first_due_at(self) -> datetime | None:
        return governing(self.obligations)

    @property
    def unclassified(self) -> list[str]:
        return [each.authority for each in self.ruled if each.outcome == "unclassified"]


def rules_in_force(definition: StudyDefinition) -> tuple[RuleSet, ...]:
    """The rule sets that the study definition names, at its versions, with who verified their rows
    by its word."""
    named = () if definition.safety is None else definition.safety.rule_sets
    return tuple(
        rule_sets.verified(
            rule_sets.load(each.id, each.version),
            {row: f"{said.by}, {said.on}" for said in each.verified for row in said.rows},
        )
        for each in named
    )


def unverified_rules(definition: StudyDefinition) -> int:
    """How many rows of the rule sets in force nobody has verified against their texts."""
    rules = rules_in_force(definition)
    verdicts = [row.verified_by for each in rules for row in each.verdicts]
    clocks = [row.verified_by for each in rules for row in each.clocks]
    return [*verdicts, *clocks].count(None)


def computed_otherwise(work: UnitOfWork) -> int:
    """How many cases in the caller's reach were computed by other rules than those in force, or
    counted otherwise: what is written down of them may be less than what is owed."""
    return obligation_repository.computed_otherwise(work, _basis_in_force(work))


def owed(
    case_id: uuid.UUID,
    facts: Sequence[Fact],
    definition: StudyDefinition,
    as_of: datetime,
    rules: Sequence[RuleSet] | None = None,
) -> Owed:
    """What a case is and owes by what was recorded until ``as_of``, under the rules in force or
    under ``rules``."""
    applied = rules_in_force(definition) if rules is None else rules
    found = [classify(case_id, facts, each, as_of) for each in applied]
    obligations = [
        *site_obligations(case_id, facts, definition, as_of),
        *(obligation for each in found for obligation in each.obligations),
    ]
    return Owed(
        ruled=tuple(each.ruled for each in found if each.ruled is not None),
        obligations=tuple(sorted(obligations, key=lambda each: (each.due_at, each.clock_id))),
        susars={each.ruled.authority: each.susars for each in found if each.ruled is not None},
    )


def is_susar_to(
    authority: str,
    case_id: uuid.UUID,
    facts: Sequence[Fact],
    definition: StudyDefinition,
    as_of: datetime,
) -> bool:
    """Whether the case is a SUSAR to one authority by what was recorded until ``as_of``: its rules
    alone are asked."""
    rules = [each for each in rules_in_force(definition) if each.authority == authority]
    found = [classify(case_id, facts, each, as_of).ruled for each in rules]
    return any(each is not None and each.outcome == "susar" for each in found)


def recompute(work: UnitOfWork, case: Row, cause: Fact, *, version: int | None = None) -> Owed:
    """Compute anew what the case owes and write down what differs, with the fact that caused it.

    ``version`` is that of the case which this is part of: the caller tells the desk of the whole.
    """
    facts = fact_repository.facts(work, case["case_id"])
    now = owed(case["case_id"], facts, work.definition(), work.now)
    before = {
        row["obligation_id"]: row for row in obligation_repository.of_case(work, case["case_id"])
    }
    changes = list(_changes(before, now.obligations, cause))
    _write(work, case, before, now.obligations)
    obligation_repository.note_basis(work, case, _basis_in_force(work))
    for change in changes:
        obligation_repository.add_change(work, case, change)
    for authority in now.unclassified:
        # A case that no rule classifies is an alarm, never a silence.
        log("case unclassified", level="error", service="safety", study=work.study, error=authority)
    if version != 1 and (changes or now.unclassified):
        event = events.case_recomputed(case, cause, changes, now.unclassified, now.first_due_at)
        publish(work, event)
        if version is None:
            word = events.word_of_recomputation(event, place_of(work, case), work.now)
            tell(work, case["case_id"], word)
    return replace(now, changes=len(changes))


def _basis_in_force(work: UnitOfWork) -> str:
    definition = work.definition()
    rules = rules_in_force(definition)
    key = (work.definition_hash, *(each.sha256 for each in rules))
    if key not in _BASES:
        _BASES[key] = basis(definition, rules)
    return _BASES[key]


def first_due(work: UnitOfWork, case: Row) -> datetime | None:
    """The earliest due date of the case that is still to be met, as it is written down."""
    rows = obligation_repository.of_case(work, case["case_id"])
    return min((row["due_at"] for row in rows if row["state"] in RUNNING), default=None)


def place_of(work: UnitOfWork, case: Row) -> events.Place:
    """Where the case stands that a message is about."""
    return events.Place(work.study, repository.last_version(work, case["case_id"]))


def _write(
    work: UnitOfWork,
    case: Row,
    before: Mapping[uuid.UUID, Row],
    obligations: Sequence[Obligation],
) -> None:
    for obligation in obligations:
        if obligation.obligation_id in before:
            obligation_repository.change(work, obligation)
        elif obligation.state != "superseded":
            obligation_repository.add(work, case, obligation)
    held = {obligation.obligation_id for obligation in obligations}
    for row in before.values():
        if row["obligation_id"] not in held and row["state"] in RUNNING:
            obligation_repository.close(work, row["obligation_id"])


def _changes(
    before: Mapping[uuid.UUID, Row], obligations: Sequence[Obligation], cause: Fact
) -> Iterator[DueChange]:
    """What differs: a new obligation of a clock stands beside the one of that clock that it took
    the place of."""
    held = {each.obligation_id for each in obligations}
    gone = [r for r in before.values() if r["obligation_id"] not in held and r["state"] in RUNNING]
    for each in obligations:
        row = before.get(each.obligation_id)
        if row is None and each.state != "superseded":
            place = (each.rule_set, each.clock_id)
            old = next((r for r in gone if (r["rule_set"], r["clock_id"]) == place), None)
            if old is not None:
                gone.remove(old)
            yield _change(old, each, cause)
        elif row is not None and row["state"] != each.state:
            yield _change(row, each, cause)
    for row in gone:
        yield _change(row, None, cause)


def _change(old: Row | None, new: Obligation | None, cause: Fact) -> DueChange:
    rule_set, clock, version = (
        (new.rule_set, new.clock_id, new.rule_version)
        if new is not None
        else (old["rule_set"], old["clock_id"], old["rule_version"])
        if old is not None
        else ("", "", "")
    )
    return DueChange(
        rule_set=rule_set,
        clock_id=clock,
        rule_version=version,
        old_obligation=None if old is None else old["obligation_id"],
        new_obligation=None if new is None else new.obligation_id,
        old_due_at=None if old is None else old["due_at"],
        new_due_at=None if new is None else new.due_at,
        old_state=None if old is None else old["state"],
        new_state="superseded" if new is None else new.state,
        cause_fact=cause.fact_id,
    )
