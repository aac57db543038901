"""What the flags of records do to a write, and a write to them; what persons do with flags is in
flag_use_cases."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.assessments import flag_repository
from services.assessments.domain.faults import Fault
from services.assessments.domain.flags import FlagEvent, flags_of, refusal, shown_to
from services.assessments.domain.history import History, seen
from services.assessments.domain.sight import Sight
from shared.contracts.assessments import FormChanged
from shared.database.outbox import publish_all
from shared.database.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Step:
    """A flag event to write, and those that the record has already."""

    history: History
    before: tuple[FlagEvent, ...]
    event: FlagEvent


_WORDS = {
    "form-frozen": "the record is frozen: the site changes nothing",
    "form-locked": "the record is locked: nobody changes anything",
}


def closed(work: UnitOfWork, records: Iterable[str]) -> dict[str, Fault]:
    """The records among these that take no correction, and why: they are locked, or frozen."""
    events = flag_repository.events_of(work, records)
    codes = {record: refusal(flags_of(own)) for record, own in events.items()}
    return {
        record: Fault((), code, _WORDS[code]) for record, code in codes.items() if code is not None
    }


def void(work: UnitOfWork, changed: Sequence[History], submission_id: str) -> None:
    """A correction voids verification and signature of the version before it."""
    corrected = {each.record_id: each for each in changed if len(each.versions) > 1}
    steps = []
    for record_id, events in flag_repository.events_of(work, corrected).items():
        flags, history = flags_of(events), corrected[record_id]
        if flags.verified is None and flags.signed is None:
            continue
        event = FlagEvent(
            number=flags.events + 1,
            action="void",
            version=history.latest.number,
            actor=work.principal.subject,
            role=work.principal.role,
            reason=history.latest.reason,
            recorded_at=history.latest.recorded_at,
        )
        steps.append(Step(history, tuple(events), event))
    write(work, steps, submission_id)


def write(work: UnitOfWork, steps: Sequence[Step], submission_id: str) -> None:
    """Write flag events, and tell how the flags of their records then stand, as far as every role
    may know of it."""
    flag_repository.add(work, [(step.history, step.event) for step in steps], submission_id)
    open_sight = Sight(work.definition(), sees_arm=False)
    publish_all(work, [told for step in steps for told in [_told(open_sight, step)] if told])


def _told(open_sight: Sight, step: Step) -> FormChanged | None:
    history = step.history
    shown = seen(history, open_sight)
    if shown is None:
        return None
    before = shown_to(shown, step.before)
    now = shown_to(shown, [*step.before, step.event])
    if len(now) == len(before):
        return None
    flags = flags_of(now)
    return FormChanged(
        subject_id=history.subject,
        site=history.site,
        record_id=history.record_id,
        form=history.form,
        visit=history.visit,
        repeat=history.repeat,
        verified=flags.verified is not None,
        frozen=flags.frozen,
        locked=flags.locked,
        signed=flags.signed is not None,
    )
