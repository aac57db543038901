"""What the notes of derivations ask of the site, or note as departures from the protocol."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any

from services.assessments.domain.check_plan import plan_of
from services.assessments.domain.derived import Derived
from services.assessments.domain.deviations import Deviation
from services.assessments.domain.history import History
from services.assessments.domain.queries import Asked, Outcome, Question
from services.assessments.domain.subject_state import SubjectState
from services.assessments.domain.visibility import HIDDEN, SUBJECT
from shared.rules.loading import load_pack
from shared.study import StudyDefinition


@dataclass(frozen=True)
class Note:
    """A note of the pack `notes`: what it says, and what of the study says the same."""

    code: str
    text: str
    covered_by: str


@cache
def notes() -> Mapping[str, Note]:
    """The notes that ask or are departures, by code."""
    return {
        str(row["code"]): Note(str(row["code"]), str(row["text"]), str(row["covered_by"]))
        for row in load_pack("notes").rows("notes")
    }


def asks(
    definition: StudyDefinition,
    state: SubjectState,
    derived: Iterable[Derived],
    asked: Sequence[Asked],
) -> Outcome:
    """The queries to raise and to close for derivations that were made anew.

    As for checks: one outstanding query of a note at a time, none again where a person has let the
    same stand, and closed by itself only under the same version of the pack.
    """
    raised, closed = [], []
    for each in derived:
        wanted = {
            f"{each.name}/{note.code}": note for note in _notes_of(definition, each, "query_")
        }
        seen = _seen(each)
        own = [a for a in asked if a.check_id.rpartition("/")[0] == each.name]
        for check_id, note in wanted.items():
            known = [a for a in own if a.check_id == check_id]
            if not any(
                a.outstanding
                or (a.by_person and a.seen_values == seen and a.check_version == each.pack.version)
                for a in known
            ):
                raised.append(_question(definition, state, each, note, check_id, seen))
        closed += [
            (a, None)
            for a in own
            if a.outstanding and a.check_id not in wanted and a.check_version == each.pack.version
        ]
    return Outcome(tuple(raised), tuple(closed))


def departures(
    definition: StudyDefinition, derived: Iterable[Derived], *, fresh: bool
) -> list[Deviation]:
    """How the departures that derivations may note now stand; where none can be known already
    (``fresh``), only those that stand."""
    codes = [
        each
        for each in notes().values()
        if each.code.startswith("deviation_") and not _covered(definition, each)
    ]
    found = []
    for each in derived:
        told = {code for code in each.trace["notes"] if code.startswith("deviation_")}
        shown = [note for note in codes if note.code in told or not fresh]
        names = rests_on(definition, each) if shown else ()
        found += [_departure(each, note, names, standing=note.code in told) for note in shown]
    return found


def _departure(
    derived: Derived, note: Note, names: tuple[str, ...], *, standing: bool
) -> Deviation:
    out = derived.trace["details"].get("days_out")
    return Deviation(
        record=None,
        kind="derivation",
        source=f"{derived.name}/{note.code}",
        version=derived.pack.version,
        item=None,
        days_out=out if isinstance(out, int) and standing else None,
        standing=standing,
        rests_on=names,
        message=note.text,
    )


def rests_on(definition: StudyDefinition, derived: Derived) -> tuple[str, ...]:
    """The names that a role must see to know of what a derivation notes."""
    plan = plan_of(definition)
    found = {SUBJECT}
    for form, _, _, items in derived.trace["inputs"]:
        if form in plan.forms:
            found |= {form, *(f"{form}.{item}" for item in items if item in plan.items[form])}
    if derived.arm_revealing:
        found.add(HIDDEN)
    return tuple(sorted(found))


def _notes_of(definition: StudyDefinition, derived: Derived, kind: str) -> list[Note]:
    known = [notes().get(code) for code in derived.trace["notes"] if code.startswith(kind)]
    return [note for note in known if note is not None and not _covered(definition, note)]


def _covered(definition: StudyDefinition, note: Note) -> bool:
    what, _, which = note.covered_by.partition(" ")
    if what == "check":
        return any(check.id == which for check in definition.checks)
    return what == "visit-window"


def _question(
    definition: StudyDefinition,
    state: SubjectState,
    derived: Derived,
    note: Note,
    check_id: str,
    seen: str,
) -> Question:
    about = _latest_input(state, derived.trace["inputs"])
    return Question(
        record_id=None if about is None else about.record_id,
        form=None if about is None else about.form,
        item=None,
        origin="derivation",
        check_id=check_id,
        check_version=derived.pack.version,
        severity="query",
        rests_on=rests_on(definition, derived),
        seen_values=seen,
        message=note.text,
        record_version=None if about is None else about.latest.number,
    )


def _latest_input(state: SubjectState, inputs: Iterable[Sequence[Any]]) -> History | None:
    """The record to ask about: of those that the derivation rests on, the last one."""
    ids = {record for _, record, _, _ in inputs}
    own = [each for each in state.histories if each.record_id in ids]
    return max(
        own, key=lambda each: (str(each.latest.observed_on or ""), each.record_id), default=None
    )


def _seen(derived: Derived) -> str:
    """A hash of what the derivation looked at, free of record versions."""
    looked = [*derived.face, derived.trace["tried"], derived.trace["details"]]
    return sha256(json.dumps(looked, sort_keys=True).encode()).hexdigest()
