"""Drugs that a child took beside the treatment when an event began (ICH E2B(R3) G.k.1 = 2)."""

import tomllib
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("concomitants.toml")


@dataclass(frozen=True)
class MedicationForm:
    """A form of medications, with its items for the name, the start and the end."""

    form: str
    name: str
    start: str
    end: str


@dataclass(frozen=True)
class Medication:
    """A drug as the site recorded it. ``started`` and ``ended`` are YYYY, YYYY-MM or YYYY-MM-DD."""

    record_id: uuid.UUID
    name: str
    started: str | None
    ended: str | None


@cache
def medication_forms() -> tuple[MedicationForm, ...]:
    """The forms as shipped."""
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(MedicationForm(**each) for each in data["form"])


def medication(record: uuid.UUID, items: Mapping[str, str], form: MedicationForm) -> Medication:
    """The drug of a record's items by id."""
    return Medication(record, items[form.name], items.get(form.start), items.get(form.end))


def taken_at(found: Medication, onsets: Iterable[date | None]) -> bool:
    """Whether it may have been taken when one of the events began: an onset, a start or an end that
    is not known, or not to the day, rules nothing out."""
    return any(
        onset is None
        or (_not_after(found.started, onset) and (found.ended is None or _reaches(found, onset)))
        for onset in onsets
    )


def _not_after(started: str | None, onset: date) -> bool:
    return started is None or started <= onset.isoformat()[: len(started)]


def _reaches(found: Medication, onset: date) -> bool:
    ended = found.ended or ""
    return ended >= onset.isoformat()[: len(ended)]
