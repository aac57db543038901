"""Drugs that a child took beside the treatment when an event began (ICH E2B(R3) G.k.1 = 2): those
that whoever reports the case names, and those that the site has on record."""

import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path

from services.safety.domain.as_told import PartialDay, in_words
from services.safety.domain.clinical import Concomitant
from services.safety.domain.judged import plain
from shared.study import StudyDefinition

FILE = Path(__file__).with_name("concomitants.toml")


@dataclass(frozen=True)
class MedicationForm:
    """A form of medications, with its items for what a report tells of a drug."""

    form: str
    name: str
    start: str
    end: str
    dose: str
    unit: str
    route: str
    indication: str

    @property
    def items(self) -> tuple[str, ...]:
        return (
            self.name, self.start, self.end, self.dose, self.unit, self.route, self.indication,
        )  # fmt: skip


@dataclass(frozen=True)
class Medication:
    """A drug as the site recorded it. ``started`` and ``ended`` are YYYY, YYYY-MM or YYYY-MM-DD;
    ``route`` is in the words of the form."""

    record_id: uuid.UUID
    name: str
    started: str | None
    ended: str | None
    dose: str | None = None
    route: str | None = None
    indication: str | None = None


@cache
def medication_forms() -> tuple[MedicationForm, ...]:
    """The forms as shipped."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(MedicationForm(**each) for each in data["form"])


def medication(
    definition: StudyDefinition, record: uuid.UUID, items: Mapping[str, str], form: MedicationForm
) -> Medication:
    """The drug of a record's items by id."""
    amount = " ".join(items[name] for name in (form.dose, form.unit) if name in items)
    return Medication(
        record,
        items[form.name],
        items.get(form.start),
        items.get(form.end),
        dose=amount if form.dose in items else None,
        route=_label(definition, form, items.get(form.route)),
        indication=items.get(form.indication),
    )


def taken_at(found: Medication, onsets: Iterable[date | None]) -> bool:
    """Whether it may have been taken when one of the events began: an onset, a start or an end that
    is not known, or not to the day, rules nothing out."""
    return any(
        onset is None
        or (not _is_after(found.started, onset) and (found.ended is None or _reaches(found, onset)))
        for onset in onsets
    )


def had_by(found: Iterable[Medication], day: date) -> tuple[Medication, ...]:
    """The drugs that were begun by a day, without an end that is only planned then."""
    return tuple(
        replace(each, ended=None) if _is_after(each.ended, day) else each
        for each in found
        if not _is_after(each.started, day)
    )


def told_of(
    reported: Sequence[Concomitant], recorded: Sequence[Medication]
) -> tuple[Concomitant, ...]:
    """Each drug once: those reported, with what only the record knows of them, then the others on
    record. It is the same drug where it is called the same and may have begun at the same time."""
    left = list(recorded)
    found = []
    for each in reported:
        same = next((one for one in left if _is_same(each, one)), None)
        if same is not None:
            left.remove(same)
        found.append(each if same is None else _completed(each, same))
    return (*found, *(_as_reported(one) for one in left))


def _is_after(text: str | None, day: date) -> bool:
    return text is not None and text > day.isoformat()[: len(text)]


def _is_same(reported: Concomitant, recorded: Medication) -> bool:
    if plain(reported.name) != plain(recorded.name):
        return False
    one, other = in_words(reported.started) or "", recorded.started or ""
    return one.startswith(other) or other.startswith(one)


def _completed(reported: Concomitant, recorded: Medication) -> Concomitant:
    """What was reported stands; a date is as exact as either knows it."""
    return replace(
        reported,
        started=_finer(reported.started, recorded.started),
        ended=_finer(reported.ended, recorded.ended),
        dose=reported.dose or (recorded.dose if reported.amount is None else None),
        route=in_words(reported.route) or recorded.route or reported.route,
        indication=in_words(reported.indication) or recorded.indication or reported.indication,
    )


def _finer(reported: PartialDay, recorded: str | None) -> PartialDay:
    known = in_words(reported) or ""
    return recorded if recorded is not None and recorded.startswith(known) else reported


def _as_reported(found: Medication) -> Concomitant:
    return Concomitant(
        found.name, found.started, found.ended, found.dose, found.route, found.indication
    )


def _label(definition: StudyDefinition, form: MedicationForm, code: str | None) -> str | None:
    entries = (
        entry
        for one in definition.forms
        for item in one.items
        if (one.id, item.id) == (form.form, form.route)
        for entry in item.codes
    )
    return next((entry.label for entry in entries if entry.code == code), code)


def _reaches(found: Medication, onset: date) -> bool:
    ended = found.ended or ""
    return ended >= onset.isoformat()[: len(ended)]
