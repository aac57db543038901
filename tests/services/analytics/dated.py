"""Dated data of a study, without a database."""

from collections.abc import Iterable, Mapping
from datetime import date

from services.analytics.domain.cutoff import CutData, cut
from services.analytics.domain.study_data import Allocated, KeptRecord, Registered, StudyData
from services.analytics.domain.subjects import Subject, subjects_at_cutoff
from shared.study import StudyDefinition

DAY0 = date(2024, 1, 29)
FAR = date(2040, 1, 1)


def kept(
    form: str,
    items: Mapping[str, str | None],
    on: date | None = None,
    *,
    subject: str = "S01-001",
    visit: str = "UNSCHEDULED",
    repeat: int = 1,
) -> KeptRecord:
    """A record whose id tells what it is."""
    name = f"id of {subject} {form} {visit} {repeat}"
    return KeptRecord(subject, form, visit, repeat, name, on, items)


def allocated(subject: str = "S01-001", arm: str = "INO", on: date = DAY0) -> Allocated:
    return Allocated(subject, "S01", arm, "*", on)


def study_data(
    records: Iterable[KeptRecord], children: Iterable[Allocated] = (allocated(),)
) -> StudyData:
    listed = tuple(children)
    registered = {child.subject: Registered(child.randomized_on, "S01") for child in listed}
    return StudyData("NCT05748171", registered, listed, tuple(records))


def cut_at(
    definition: StudyDefinition, records: Iterable[KeptRecord], cutoff: date = FAR
) -> CutData:
    """One child's records at a cutoff."""
    return cut(definition, study_data(records), cutoff)


def one(definition: StudyDefinition, records: Iterable[KeptRecord], cutoff: date = FAR) -> Subject:
    """One child at a cutoff."""
    (subject,) = subjects_at_cutoff(definition, cut_at(definition, records, cutoff))
    return subject


# The forms of the shipped trial, as short as they can be ---------------------------------------


def dose(on: date) -> KeptRecord:
    items = {"product": "INO", "dose_date": on.isoformat(), "given": "true"}
    return kept("dosing", items, on, visit="C1D1")


def recovery(on: date) -> KeptRecord:
    return kept("end_of_treatment", {"recovery_date": on.isoformat()}, on, visit="C1D28")


def response(on: date, code: str = "CR", visit: str = "C1D28") -> KeptRecord:
    return kept("response", {"assessment_date": on.isoformat(), "response": code}, on, visit=visit)


def alive(on: date, visit: str = "FU06") -> KeptRecord:
    items = {
        "contact_date": on.isoformat(),
        "status": "ALIVE",
        "last_known_alive_date": on.isoformat(),
    }
    return kept("survival_status", items, on, visit=visit)


def dead(on: date, told: date | None = None, visit: str = "FU60") -> KeptRecord:
    told = told or on
    items = {"contact_date": told.isoformat(), "status": "DEAD", "death_date": on.isoformat()}
    return kept("survival_status", items, told, visit=visit)


def relapse(on: date) -> KeptRecord:
    items = {"event_date": on.isoformat(), "event": "RELAPSE"}
    return kept("relapse_progression", items, on)


def transplant(on: date) -> KeptRecord:
    return kept("hsct", {"transplant_date": on.isoformat()}, on)
