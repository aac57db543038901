"""Section D of the report that a case makes: the child, as far as a report may tell of it."""

from dataclasses import replace
from datetime import date

from services.safety.domain.as_told import stamp
from services.safety.domain.body_size import Size, rounded, size_at
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_codes import codes
from services.safety.domain.icsr_history import coded_history, history_text
from services.safety.e2b.model import Patient, Race
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
        d_7_1_r=coded_history(report.history),
    )
    if profile is Profile.FDA_IND:
        # The trial does not ask for race and ethnicity; "not asked" is no code of theirs.
        unknown = NullFlavor.UNK
        told = replace(told, fda_d_12=unknown, fda_d_11_r=(Race(unknown),))
    if onset is not None:
        years = completed_years(PartialDate.parse(case.born), onset)
        told = replace(told, d_2_2a=str(years), d_2_2b=codes("fixed")["age_in_years"])
    if fatal:
        told = replace(
            told, d_9_1=NullFlavor.UNK if died is None else stamp(died), d_9_3=NullFlavor.UNK
        )
    return told


def _size(case: CaseFile, which: Size, reported: str | None, day: date) -> str | None:
    """As reported, or else as measured when the first event began."""
    return size_at(case.measured, which, day) if reported is None else rounded(reported, which)
