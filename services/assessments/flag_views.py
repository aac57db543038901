"""The flags of records as they are shown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from services.assessments import flag_repository
from services.assessments.domain.flags import FlagEvent, Flags, flags_of, shown_to
from services.assessments.domain.history import History
from services.assessments.flag_schemas import RecordFlags
from services.assessments.schemas import Assessment
from shared.database.unit_of_work import UnitOfWork
from shared.http.signatures import ElectronicSignature

T = TypeVar("T")


def flagged(
    work: UnitOfWork,
    seen: Sequence[History],
    answers: Sequence[Assessment],
    at: datetime | None = None,
) -> list[Assessment]:
    """The answers with their flags, now or as of an instant. ``seen`` are the records, as far as
    the caller sees them."""
    events = flag_repository.events_of(work, [each.record_id for each in seen], at)
    if not events:
        return list(answers)
    flags = {
        each.record_id: flags_of(shown_to(each, events[each.record_id]))
        for each in seen
        if each.record_id in events
    }
    signatures = flag_repository.signatures(work, _signature_ids(flags.values()))
    return [
        each
        if each.record_id not in flags
        else each.model_copy(update={"flags": record_flags(flags[each.record_id], signatures)})
        for each in answers
    ]


def record_flags(flags: Flags, signatures: Mapping[str, ElectronicSignature]) -> RecordFlags:
    return RecordFlags(
        verified=flags.verified is not None,
        frozen=flags.frozen,
        locked=flags.locked,
        unlock_requested=flags.unlock_requested_by is not None,
        signed=flags.signed is not None,
        signature=signatures.get(flags.signature or ""),
    )


def signatures_of(
    work: UnitOfWork, events: Iterable[FlagEvent]
) -> Mapping[str, ElectronicSignature]:
    """The signatures that events name, by id."""
    return flag_repository.signatures(work, [e.signature for e in events if e.signature])


def _signature_ids(flags: Iterable[Flags]) -> list[str]:
    return [each.signature for each in flags if each.signature is not None]
