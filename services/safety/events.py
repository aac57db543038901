"""What the safety service tells the others, the safety desk and quality assurance. Nothing of a
case's content, and nobody's arm."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from services.safety.domain.case import Report
from services.safety.domain.facts import Fact
from services.safety.domain.ladder import Step
from services.safety.obligation_repository import DueChange
from shared.contracts.randomization import SubjectUnblinded
from shared.contracts.safety import (
    CaseFollowedUp,
    CaseOpened,
    CaseRecomputed,
    DueDateChange,
    ObligationEscalated,
)

GLASS_BROKEN: Final = "randomization.glass_broken"
_NAMESPACE: Final = uuid.UUID("9d2b51f6-0c1c-5f0e-8b0a-6c1de2a7f4c3")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Word:
    """A message to a desk: its id is the same however often it is computed."""

    message_id: str
    event_type: str
    at: datetime
    data: Mapping[str, Any]

    def body(self, sequence: int) -> str:
        """The exact text, as the ``sequence``-th that is told of the case or topic, counted from 1:
        by it a desk can tell what it missed or has already."""
        data = {**self.data, "sequence": sequence}
        told = {"type": self.event_type, "timestamp": _iso(self.at), "data": data}
        return json.dumps(told, separators=(",", ":"))


@dataclass(frozen=True)
class Place:
    """Study, and the version that the case stands at."""

    study: str
    version: int


def case_opened(case: Row, report: Report, first_due_at: datetime | None) -> CaseOpened:
    return CaseOpened(
        case_id=str(case["case_id"]),
        case_number=case["case_number"],
        site=case["site_id"],
        received_at=report.received_at,
        first_due_at=first_due_at,
    )


def case_followed_up(
    case: Row,
    report: Report,
    first_due_at: datetime | None,
    version: int,
    *,
    significant: bool,
) -> CaseFollowedUp:
    return CaseFollowedUp(
        case_id=str(case["case_id"]),
        case_number=case["case_number"],
        site=case["site_id"],
        received_at=report.received_at,
        first_due_at=first_due_at,
        case_version=version,
        significant=significant,
    )


def case_recomputed(
    case: Row,
    cause: Fact,
    changes: Sequence[DueChange],
    unclassified: Sequence[str],
    first_due_at: datetime | None,
) -> CaseRecomputed:
    return CaseRecomputed(
        case_id=str(case["case_id"]),
        case_number=case["case_number"],
        site=case["site_id"],
        cause_fact=str(cause.fact_id),
        cause_kind=cause.kind,
        actor=cause.actor,
        changes=[
            DueDateChange(
                rule_set=each.rule_set,
                rule_version=each.rule_version,
                clock=each.clock_id,
                old_due_at=each.old_due_at,
                new_due_at=each.new_due_at,
                old_state=each.old_state,
                new_state=each.new_state,
            )
            for each in changes
        ],
        unclassified=list(unclassified),
        first_due_at=first_due_at,
    )


def obligation_escalated(case: Row, obligation: Row, step: Step) -> ObligationEscalated:
    return ObligationEscalated(
        case_id=str(case["case_id"]),
        case_number=case["case_number"],
        site=case["site_id"],
        obligation_id=str(obligation["obligation_id"]),
        step=step.id,
        roles=list(step.roles),
        step_at=step.at,
        due_at=obligation["due_at"],
    )


def word_of_version(event: CaseOpened | CaseFollowedUp, place: Place, at: datetime) -> Word:
    """Thin on purpose: the desk reads the case itself, and that read is on record."""
    data = case_data(place, event, event.first_due_at)
    return word(f"{event.case_id}/{place.version}", event.type, data, at)


def word_of_recomputation(event: CaseRecomputed, place: Place, at: datetime) -> Word:
    """Due dates of a case changed; which, the desk reads."""
    data = case_data(place, event, event.first_due_at)
    # One fact may change what is owed again later, under other rules.
    name = f"{event.case_id}/recomputed/{event.cause_fact}/{_iso(at)}"
    return word(name, event.type, data, at)


def word_of_escalation(event: ObligationEscalated, place: Place, at: datetime) -> Word:
    """A due date nears or has passed, for the roles named."""
    data = case_data(place, event, event.due_at) | {
        "obligation_id": event.obligation_id,
        "step": event.step,
        "roles": event.roles,
    }
    return word(f"{event.obligation_id}/{event.step}", event.type, data, at)


def word_of_broken_glass(event: SubjectUnblinded, study: str) -> Word:
    """Somebody masked opened one child's arm. Neither child nor arm nor reason is told: who may
    read them does so under ``break_id``."""
    data = {
        "study": study,
        "break_id": event.break_id,
        "site": event.site,
        "category": event.category,
        "role": event.role,
        "broken_at": _iso(event.broken_at),
        "expires_at": _iso(event.expires_at),
    }
    return word(f"broken-glass/{event.break_id}", GLASS_BROKEN, data, event.broken_at)


class AboutCase(Protocol):
    """An event of a case."""

    @property
    def case_id(self) -> str: ...
    @property
    def case_number(self) -> str: ...


def case_data(
    place: Place,
    event: AboutCase,
    first_due_at: datetime | None,
) -> dict[str, Any]:
    """What every message about a case says."""
    return {
        "study": place.study,
        "case_id": event.case_id,
        "case_number": event.case_number,
        "version": place.version,
        "sequence": None,  # taken when it is told
        "first_due_at": None if first_due_at is None else _iso(first_due_at),
    }


def word(name: str, event_type: str, data: Mapping[str, Any], at: datetime) -> Word:
    """A message by a name that is the same however often it is computed."""
    return Word(f"msg_{uuid.uuid5(_NAMESPACE, name).hex}", event_type, at, data)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
