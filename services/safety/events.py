"""What the safety service tells the others and the safety desk. Nothing of the case's content."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from services.safety.domain.case import Report
from shared.contracts.safety import CaseFollowedUp, CaseOpened

_NAMESPACE: Final = uuid.UUID("9d2b51f6-0c1c-5f0e-8b0a-6c1de2a7f4c3")


@dataclass(frozen=True)
class Word:
    """A message to the safety desk: its id is the same however often it is computed."""

    message_id: str
    event_type: str
    body: str


def case_opened(
    case: Mapping[str, Any], report: Report, first_due_at: datetime | None
) -> CaseOpened:
    return CaseOpened(
        case_id=str(case["case_id"]),
        case_number=case["case_number"],
        site=case["site_id"],
        received_at=report.received_at,
        first_due_at=first_due_at,
    )


def case_followed_up(
    case: Mapping[str, Any],
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


def word_to_desk(
    event: CaseOpened | CaseFollowedUp, study: str, version: int, at: datetime
) -> Word:
    """Thin on purpose: the desk reads the case with its own credentials, and the read is on record.

    ``version`` counts within the case, so that a desk can tell what it missed or has already.
    """
    body = {
        "type": event.type,
        "timestamp": _iso(at),
        "data": {
            "study": study,
            "case_id": event.case_id,
            "case_number": event.case_number,
            "version": version,
            "first_due_at": None if event.first_due_at is None else _iso(event.first_due_at),
        },
    }
    unique = uuid.uuid5(_NAMESPACE, f"{event.case_id}/{version}")
    return Word(f"msg_{unique.hex}", event.type, json.dumps(body, separators=(",", ":")))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
