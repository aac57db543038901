"""The notes of derivations that say something to the site, and who may know of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from services.assessments.domain.check_plan import plan_of
from services.assessments.domain.derived import Derived
from services.assessments.domain.visibility import HIDDEN, SUBJECT
from shared.rules.loading import load_pack
from shared.rules.model import Pack
from shared.study import StudyDefinition


@dataclass(frozen=True)
class Note:
    """A note of the pack `notes`: what it says, and what of the study says the same."""

    code: str
    text: str
    covered_by: str


def notes_pack() -> Pack:
    """The pack with the words."""
    return load_pack("notes")


@cache
def notes() -> Mapping[str, Note]:
    """The notes that ask or are departures, by code."""
    return {
        str(row["code"]): Note(str(row["code"]), str(row["text"]), str(row["covered_by"]))
        for row in notes_pack().rows("notes")
    }


def notes_of(definition: StudyDefinition, derived: Derived, kind: str) -> list[Note]:
    """The notes of a derivation that begin with `kind`, and that the study asks nowhere else."""
    known = [notes().get(code) for code in derived.trace["notes"] if code.startswith(kind)]
    return [note for note in known if note is not None and not covered(definition, note)]


def covered(definition: StudyDefinition, note: Note) -> bool:
    """Whether a check or a visit window of the study says the same."""
    what, _, which = note.covered_by.partition(" ")
    if what == "check":
        return any(check.id == which for check in definition.checks)
    return what == "visit-window"


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
