"""Sections C.1 and C.2 of the report that a case makes: which report it is, and whose word."""

from datetime import datetime

from services.safety.domain.as_told import stamp
from services.safety.domain.icsr_attachments import held_documents
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_codes import codes
from services.safety.domain.icsr_links import linked_reports, other_identifiers
from services.safety.e2b.model import Identification, Reporter
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import NullFlavor, instant


def identification(
    case: CaseFile, identity: str, created: datetime, profile: Profile
) -> Identification:
    """Section C.1 of a report under the worldwide number ``identity``."""
    fda = profile is Profile.FDA_IND
    fatal = any({"death", "life_threatening"} & {*e.seriousness} for e in case.report.events)
    others = other_identifiers(case)
    return Identification(
        c_1_1=identity,
        c_1_2=instant(created),
        c_1_3=codes("fixed")["from_study"],
        # What was told of the first receipt stays, even where an earlier one is found since.
        c_1_4=(case.told and case.told.first_received) or stamp(case.first_received),
        c_1_5=stamp(case.last_received),
        c_1_6_1=bool(case.report.documents),
        c_1_7=True,
        fda_c_1_7_1=codes("fda_report")["fatal" if fatal else "other"] if fda else None,
        c_1_8_1=identity,
        c_1_8_2=codes("fixed")["other_case_sender"],
        c_1_9_1=True if others else NullFlavor.NI,
        c_1_11_1=None if case.change is None else case.change.code,
        c_1_11_2=None if case.change is None else case.change.reason,
        fda_c_1_12=False if fda else None,
        c_1_6_1_r=held_documents(case),
        c_1_9_1_r=others,
        c_1_10_r=linked_reports(case),
    )


def reporter(case: CaseFile, profile: Profile) -> Reporter:
    """The source; its name is known here, and kept from who need not know it."""
    named, known = case.report.reporter is not None, case.report.reporter_qualification
    return Reporter(
        c_2_r_1_4=NullFlavor.MSK if named else NullFlavor.UNK,
        fda_c_2_r_2_8=NullFlavor.MSK if profile is Profile.FDA_IND else None,
        c_2_r_3=case.country,
        c_2_r_4=NullFlavor.UNK if known is None else codes("qualification")[known],
        c_2_r_5="1",
    )
