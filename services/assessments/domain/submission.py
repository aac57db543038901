"""What a row would do to a subject: a new record, a correction, nothing, or a refusal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.assessments.domain import correction, entry, prerequisites
from services.assessments.domain.faults import Fault, RefusedError
from services.assessments.domain.history import History
from services.assessments.domain.kept import Kept
from services.assessments.domain.row import Row
from services.assessments.domain.sight import Sight
from services.assessments.domain.subject_state import SubjectState
from shared.study.anchors import AllocationAnchor

FIRST_ENTRY = "first entry"
FURTHER_ENTRY = "further entry"


@dataclass(frozen=True, slots=True)
class Plan:
    """A change to make. `record` is None for a new one; no `changes` where nothing changes."""

    record: History | None
    form: str
    visit: str
    repeat: int
    changes: Mapping[str, Kept | None]
    observed_on: date | None
    reason: str

    @property
    def state(self) -> Literal["created", "corrected", "unchanged"]:
        if self.record is None:
            return "created"
        return "corrected" if self.changes else "unchanged"


def plan(sight: Sight, state: SubjectState, row: Row) -> Plan:
    """What the row does to the subject. Raises ``RefusedError`` with every fault found."""
    if not row.items:
        raise RefusedError([Fault(("items",), "required-missing", "the row has no items")])
    place = (row.form, row.visit or entry.UNSCHEDULED, row.repeat)
    existing = state.at(place)
    if existing is None:
        return _first(sight, state, row)
    if row.if_version is not None and row.if_version != existing.latest.number:
        raise RefusedError([Fault((), "stale-version", "the record has changed since")])
    if row.mode == "insert":
        return _again(sight, existing, row)
    return _corrected(sight, existing, row)


def _first(sight: Sight, state: SubjectState, row: Row) -> Plan:
    if row.mode == "update" or row.if_version is not None:
        raise RefusedError([Fault((), "record-unknown", "there is no such record to change")])
    sent = {name: value for name, value in row.items.items() if value is not None}
    taken = entry.examine(
        sight, entry.Submission(row.form, row.visit, row.repeat, row.observed_on, sent)
    )
    missing = prerequisites.missing(sight.definition, taken.form, state)
    if missing:
        raise RefusedError(
            [
                Fault(
                    ("form",),
                    "not-randomized" if isinstance(anchor, AllocationAnchor) else "anchor-missing",
                    f"{anchor.label}: no date yet ({anchor.id})",
                )
                for anchor in missing
            ]
        )
    return Plan(
        None, taken.form.id, taken.visit, taken.repeat, taken.items, taken.observed_on, FIRST_ENTRY
    )


def _again(sight: Sight, existing: History, row: Row) -> Plan:
    """The same record sent as a first entry once more: nothing where it is the same."""
    sent = {name: value for name, value in row.items.items() if value is not None}
    taken = entry.examine(
        sight, entry.Submission(row.form, row.visit, row.repeat, row.observed_on, sent)
    )
    if (existing.items(), existing.latest.observed_on) != (dict(taken.items), taken.observed_on):
        words = "this form was entered before, with other content"
        raise RefusedError([Fault((), "record-exists", words)])
    return _plan(existing, {}, existing.latest.observed_on, FIRST_ENTRY)


def _corrected(sight: Sight, existing: History, row: Row) -> Plan:
    wanted = correction.examine(sight, existing, row.items)
    if wanted.overwrites and row.reason is None:
        words = "a value that was there changes: say why"
        raise RefusedError([Fault(("reason",), "reason-required", words)])
    return _plan(existing, wanted.changes, wanted.observed_on, row.reason or FURTHER_ENTRY)


def _plan(
    existing: History, changes: Mapping[str, Kept | None], day: date | None, reason: str
) -> Plan:
    return Plan(existing, existing.form, existing.visit, existing.repeat, changes, day, reason)
