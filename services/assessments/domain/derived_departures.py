"""Departures from the protocol that derivations note."""

from collections.abc import Iterable

from services.assessments.domain.derived import Derived
from services.assessments.domain.derived_notes import Note, covered, notes, rests_on
from services.assessments.domain.deviations import Deviation
from shared.study import StudyDefinition


def departures(
    definition: StudyDefinition, derived: Iterable[Derived], *, fresh: bool
) -> list[Deviation]:
    """How the departures that derivations may note now stand; where none can be known already
    (``fresh``), only those that stand."""
    codes = [
        each
        for each in notes().values()
        if each.code.startswith("deviation_") and not covered(definition, each)
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
