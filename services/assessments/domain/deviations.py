"""Departures from the protocol that records show: visits out of their windows, and failed checks
that the definition calls deviations. They are kept beside the record and refuse nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from services.assessments.domain.check_plan import DAYS_OUT, plan_of
from services.assessments.domain.checks import Verdict, days_out, subject_anchors
from services.assessments.domain.history import History
from services.assessments.domain.subject_state import SubjectState
from shared.study import StudyDefinition
from shared.study.predicate import Truth

Kind = Literal["visit-window", "check", "derivation"]


@dataclass(frozen=True)
class Deviation:
    """How one possible departure stands. ``record`` None: it is the subject's. ``standing`` False:
    there is none. ``days_out`` counts days before (negative) or after a visit's window."""

    record: History | None
    kind: Kind
    source: str
    version: str
    item: str | None
    days_out: int | None
    standing: bool
    rests_on: tuple[str, ...]
    message: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is about: there is one such departure at a time."""
        return "" if self.record is None else self.record.record_id, self.kind, self.source

    @property
    def observed_on(self) -> date | None:
        return None if self.record is None else self.record.latest.observed_on


def deviations(
    definition: StudyDefinition,
    state: SubjectState,
    records: Iterable[History],
    judged: Iterable[Verdict],
) -> list[Deviation]:
    """What is known of every possible departure of these records; what is undetermined is absent.

    A check that speaks of days out of the window stands in the place of the plain window.
    """
    found = [each for verdict in judged for each in [_of_check(verdict)] if each is not None]
    covered = {
        each.record.record_id
        for each in judged
        if each.planned.check.deviation and DAYS_OUT in each.planned.names
    }
    anchors = subject_anchors(definition, state)
    windows = (
        _of_window(definition, record, anchors)
        for record in records
        if record.record_id not in covered
    )
    return found + [each for each in windows if each is not None]


def _of_check(verdict: Verdict) -> Deviation | None:
    check = verdict.planned.check
    if not check.deviation or verdict.truth is Truth.UNDETERMINED:
        return None
    return Deviation(
        record=verdict.record,
        kind="check",
        source=check.id,
        version=str(check.version),
        item=check.on,
        days_out=verdict.days_out if DAYS_OUT in verdict.planned.names else None,
        standing=verdict.truth is Truth.FALSE,
        rests_on=verdict.planned.rests_on,
        message=check.message,
    )


def _of_window(
    definition: StudyDefinition, record: History, anchors: Mapping[str, date]
) -> Deviation | None:
    out = days_out(definition, record, anchors)
    plan = plan_of(definition)
    form = plan.forms.get(record.form)
    if out is None or form is None:
        return None
    visit = definition.visit(record.visit)
    dated = [] if form.date_item is None else [f"{form.id}.{form.date_item}"]
    return Deviation(
        record=record,
        kind="visit-window",
        source=visit.id,
        version=definition.version,
        item=form.date_item,
        days_out=out,
        standing=out != 0,
        rests_on=tuple(sorted({form.id, *dated, *plan.windows[visit.id]})),
        message=f"{visit.name}: outside its window",
    )
