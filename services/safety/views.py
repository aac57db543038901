"""Stored rows as the answers show them; for each role, what it may see."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, get_args

from services.safety import contents
from services.safety.case_life import is_locked, is_nullified
from services.safety.content_values import TimeSpan
from services.safety.domain.case import CLINICAL, Event, Report, minimum_criteria
from services.safety.domain.classification import Ruled
from services.safety.domain.clinical import Quantity
from services.safety.domain.codes import Code
from services.safety.domain.consistency import questions
from services.safety.domain.duplicates import Suspect
from services.safety.domain.facts import MINIMUM_CRITERIA, Fact, earliest_held
from services.safety.domain.obligations import RUNNING, Obligation, weekend_warning
from services.safety.obligation_service import Owed
from services.safety.schemas import (
    Case,
    CaseSummary,
    CodingShown,
    Criteria,
    CriterionShown,
    DueMoved,
    DuplicateShown,
    EventShown,
    LinkShown,
    ObligationShown,
    QuestionShown,
    RulingShown,
    SpecialInterestShown,
    Withheld,
)
from shared.identity.matrix import matrix

Row = Mapping[str, Any]

# The suspect drug is the arm; free text and inputs may name it, and so does the number of
# judgements: one product in one arm, five in the other.
ARM_REVEALING: tuple[Withheld, ...] = get_args(Withheld)


@dataclass(frozen=True)
class Shown:
    """What an answer about a case is made of. ``facts`` stand, and are in the order of receipt."""

    row: Row
    version: Row
    facts: Sequence[Fact]
    owed: Owed
    duplicates: Sequence[Suspect] = ()
    born: str | None = None
    codes: Mapping[str, Code] = field(default_factory=dict)
    moved: Sequence[Row] = ()


def sees_arm(role: str) -> bool:
    return matrix().roles[role].sees_arm


def case(shown: Shown, *, role: str) -> Case:
    """The case at a version, as ``role`` may see it."""
    row, newest = shown.row, shown.version
    report = contents.of_row(newest)
    open_sight = sees_arm(role)
    # Judged on what is stored: whether a product is held tells nothing of which.
    criteria = minimum_criteria(report)
    return Case(
        case_id=str(row["case_id"]),
        case_number=row["case_number"],
        study=row["study_id"],
        site=row["site_id"],
        subject=row["subject_id"],
        origin=row["origin"],
        record_id=None if row["record_id"] is None else str(row["record_id"]),
        opened_at=row["opened_at"],
        version=newest["version"],
        kind=newest["kind"],
        significant=newest["significant"],
        locked=is_locked(shown.facts),
        nullified=is_nullified(shown.facts),
        event_term=report.event_term,
        grade=report.grade,
        serious=report.serious,
        seriousness=list(report.seriousness),
        onset_on=report.onset_on,
        events=[_event(each, shown.codes.get(each.number)) for each in report.events],
        aware_at=report.aware_at,
        received_at=report.received_at,
        received_zone=report.received_zone,
        reporter=report.reporter,
        reporter_qualification=report.reporter_qualification,
        suspect_product=report.suspect_product if open_sight else None,
        further_products=list(report.further_products) if open_sight else None,
        narrative=report.narrative if open_sight else None,
        special_interest=_special(report) if open_sight else None,
        actions=dict(report.actions) if open_sight else None,
        **(contents.clinical(report) if open_sight else dict.fromkeys(CLINICAL)),
        withheld=[] if open_sight else list(ARM_REVEALING),
        criteria=Criteria(held=list(criteria.held), missing=list(criteria.missing)),
        criteria_held=_criteria_held(shown.facts),
        rulings=[ruling(each) for each in shown.owed.ruled],
        obligations=[obligation(each) for each in shown.owed.obligations],
        first_due_at=shown.owed.first_due_at,
        moved=[
            DueMoved(
                rule_set=each["rule_set"],
                clock=each["clock_id"],
                old_due_at=each["old_due_at"],
                new_due_at=each["new_due_at"],
                old_state=each["old_state"],
                new_state=each["new_state"],
            )
            for each in shown.moved
        ],
        questions=[
            QuestionShown(code=each.code, event=each.event, text=each.text)
            for each in questions(report, shown.born)
        ],
        duplicates=[
            DuplicateShown(
                case_number=each.case_number,
                subject=each.subject,
                event_term=each.event_term,
                onset_on=each.onset_on,
                received_at=each.received_at,
                products=list(each.products) if open_sight else None,
                reasons=list(each.reasons),
            )
            for each in shown.duplicates
        ],
        links=[
            LinkShown(
                case_number=fact.value["case"],
                external_id=fact.value["external_id"],
                relation=fact.value["relation"],
            )
            for fact in shown.facts
            if fact.kind == "link"
        ],
    )


def summary(row: Row) -> CaseSummary:
    return CaseSummary(
        case_id=str(row["case_id"]),
        case_number=row["case_number"],
        study=row["study_id"],
        site=row["site_id"],
        subject=row["subject_id"],
        origin=row["origin"],
        opened_at=row["opened_at"],
        version=row["version"],
        event_term=row["event_term"],
        grade=row["grade"],
        serious=row["serious"],
        seriousness=list(row["seriousness"]),
        received_at=row["received_at"],
        first_due_at=row["first_due_at"],
    )


def ruling(found: Ruled) -> RulingShown:
    return RulingShown(
        rule_set=found.rule_set,
        rule_version=found.rule_version,
        authority=found.authority,
        outcome=found.outcome,
        rule=found.rule_id,
        regulation=found.regulation,
        verified_by=found.verified_by,
        provisional=found.provisional,
        reason=found.reason,
    )


def obligation(found: Obligation) -> ObligationShown:
    return ObligationShown(
        obligation_id=str(found.obligation_id),
        rule_set=found.rule_set,
        clock=found.clock_id,
        rule_version=found.rule_version,
        kind=found.kind,
        label=found.label,
        authority=found.authority,
        recipient=found.recipient,
        regulation=found.regulation,
        verified_by=found.verified_by,
        day_zero=found.day_zero,
        due_on=found.due_on,
        due_at=found.due_at,
        zone=found.zone,
        provisional=found.provisional,
        reason=found.reason,
        warning=weekend_warning(found.due_on, found.day_zero) if found.state in RUNNING else None,
        state=found.state,
    )


def _criteria_held(facts: Sequence[Fact]) -> list[CriterionShown]:
    held = earliest_held(facts)
    return [
        CriterionShown(
            criterion=name,
            held_on=held[name].received_on,
            received_at=held[name].received_at,
            zone=held[name].received_zone,
        )
        for name in MINIMUM_CRITERIA
        if name in held
    ]


def _event(found: Event, code: Code | None) -> EventShown:
    return EventShown(
        number=found.number,
        term=found.term,
        grade=found.grade,
        serious=found.serious,
        seriousness=list(found.seriousness),
        onset_on=found.onset_on,
        ended_on=found.ended_on,
        outcome=found.outcome,
        duration=_span(found.duration),
        medically_confirmed=found.medically_confirmed,
        coding=None if code is None else _coding(code),
    )


def _span(told: Quantity | None) -> TimeSpan | None:
    return None if told is None else TimeSpan.model_validate(asdict(told))


def _coding(code: Code) -> CodingShown:
    return CodingShown(code=code.code, version=code.version, name=code.name, void=code.void)


def _special(report: Report) -> SpecialInterestShown | None:
    told = report.special_interest
    if told is None:
        return None
    return SpecialInterestShown(
        code=told.code,
        criteria_set=told.criteria_set,
        criteria_version=told.criteria_version,
        inputs=dict(told.inputs),
    )
