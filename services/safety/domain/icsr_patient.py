"""Section D of the report that a case makes: the child, as far as a report may tell of it."""

from dataclasses import replace
from datetime import date

from services.safety.domain.as_told import as_e2b, stamp
from services.safety.domain.body_size import Size, rounded, size_at
from services.safety.domain.clinical import Cause, Death
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_codes import codes
from services.safety.domain.icsr_history import coded_history, history_text, past_drugs
from services.safety.domain.icsr_kin import of_offspring
from services.safety.e2b.model import AutopsyCause, DeathCause, Patient, Race
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import NullFlavor
from shared.study.ages import completed_years
from shared.study.dates import PartialDate


def patient(case: CaseFile, profile: Profile) -> Patient:
    """The child by its code, with age at onset; the month of birth stays here."""
    onset = min((e.onset_on for e in case.report.events if e.onset_on is not None), default=None)
    fatal = [e for e in case.report.events if "death" in e.seriousness or e.outcome == "FATAL"]
    died = next((e.ended_on for e in fatal if e.ended_on is not None), None)
    day = onset or case.first_received
    report = case.report
    told = Patient(
        d_1=case.subject,
        d_2_1=NullFlavor.MSK,
        d_5=codes("sex").get(case.sex),
        d_3=_size(case, "weight", report.weight_kg, day),
        d_4=_size(case, "height", report.height_cm, day),
        d_7_2=history_text(report.history, report.other_history),
        # Yes or nothing: the element has no other value.
        d_7_3=True if report.other_therapies else None,
        d_6=stamp(report.last_period_on),
        d_7_1_r=coded_history(report.history),
        d_8_r=past_drugs(report.past_drugs),
    )
    if profile is Profile.FDA_IND:
        # The trial does not ask for race and ethnicity; "not asked" is no code of theirs.
        unknown = NullFlavor.UNK
        told = replace(told, fda_d_12=unknown, fda_d_11_r=(Race(unknown),))
    if report.offspring is not None:
        told = of_offspring(told, case, onset)
    elif onset is not None:
        years = completed_years(PartialDate.parse(case.born), onset)
        told = replace(told, d_2_2a=str(years), d_2_2b=codes("fixed")["age_in_years"])
    if fatal or report.death is not None:
        told = _died(told, report.death or Death(), died)
    return told


def _died(told: Patient, death: Death, ended: date | None) -> Patient:
    """The day as told, else the last day of a fatal event; nobody is said to have asked for it."""
    return replace(
        told,
        d_9_1=stamp(death.on if death.on is not None else ended),
        d_9_3=NullFlavor.UNK if death.autopsy is None else as_e2b(death.autopsy),
        d_9_2_r=tuple(DeathCause(*_cause(each)) for each in death.causes),
        d_9_4_r=tuple(AutopsyCause(*_cause(each)) for each in death.autopsy_causes),
    )


def _cause(told: Cause) -> tuple[str | None, str | None, str]:
    if told.coding is None:
        return None, None, told.words
    return told.coding.version, told.coding.code, told.words


def _size(case: CaseFile, which: Size, reported: str | None, day: date) -> str | None:
    """As reported, or else as measured when the first event began."""
    return size_at(case.measured, which, day) if reported is None else rounded(reported, which)
