"""The report that a case makes, as ICH E2B(R3) knows it. What the case does not hold is left out.

A draft is never completed by guesses: the rules of whoever receives it name what is missing.
"""

from dataclasses import replace
from datetime import datetime

from services.safety.domain.as_told import stamp
from services.safety.domain.case import Event
from services.safety.domain.clinical import Comments
from services.safety.domain.icsr_attachments import literature
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_codes import codes
from services.safety.domain.icsr_dosage import measured
from services.safety.domain.icsr_drugs import drugs
from services.safety.domain.icsr_identification import identification, reporter
from services.safety.domain.icsr_patient import patient
from services.safety.domain.icsr_results import lab_results
from services.safety.e2b.identity import case_number, entity_id
from services.safety.e2b.model import (
    Batch,
    CrossReportedInd,
    Icsr,
    Message,
    Narrative,
    NativeSummary,
    Reaction,
    Registration,
    Sender,
    SenderDiagnosis,
    Study,
)
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import NullFlavor, instant
from shared.study import StudyDefinition
from shared.study.reporting import Receiver, Reporting


def draft(
    definition: StudyDefinition,
    reporting: Reporting,
    receiver: Receiver,
    case: CaseFile,
    created: datetime,
) -> Batch:
    """The batch of one message that reports the case to a receiver, created at that instant."""
    profile = Profile(receiver.profile)
    # Under the number it was sent before, should country or organisation have changed since.
    known = None if case.told is None else case.told.identity
    identity = known or case_number(case.country, reporting.organisation, case.number)
    report = _report(definition, reporting, case, identity, created, profile)
    message = Message(
        n_2_r_1=identity,
        n_2_r_2=receiver.sender,
        n_2_r_3=receiver.message_receiver,
        n_2_r_4=instant(created),
        report=report,
    )
    return Batch(
        # Never used again: to two receivers in one second it is two batches.
        n_1_2=f"{identity}-{receiver.id}-{created:%Y%m%d%H%M%S}",
        n_1_3=receiver.sender,
        n_1_4=receiver.batch_receiver,
        n_1_5=instant(created),
        messages=(message,),
    )


def _report(
    definition: StudyDefinition,
    reporting: Reporting,
    case: CaseFile,
    identity: str,
    created: datetime,
    profile: Profile,
) -> Icsr:
    return Icsr(
        c_1=identification(case, identity, created, profile),
        c_2_r=(reporter(case, profile),),
        c_3=_sender(reporting),
        c_4_r=literature(case),
        c_5=_study(definition, reporting, profile),
        d=patient(case, profile),
        e_i=tuple(_reaction(case, identity, event, profile) for event in case.report.events),
        f_r=lab_results(case.report.tests),
        g_k=drugs(definition, case, identity, profile, created),
        h=_narrative(case),
    )


def _sender(reporting: Reporting) -> Sender:
    who = reporting.sender
    return Sender(
        c_3_1=who.kind,
        c_3_2=who.organisation,
        c_3_3_1=who.department,
        c_3_3_2=who.title,
        c_3_3_3=who.given_name,
        c_3_3_5=who.family_name,
        c_3_4_1=who.street,
        c_3_4_2=who.city,
        c_3_4_3=who.state,
        c_3_4_4=who.postcode,
        c_3_4_5=who.country,
        c_3_4_6=who.telephone,
        c_3_4_7=who.fax,
        c_3_4_8=who.email,
    )


def _study(definition: StudyDefinition, reporting: Reporting, profile: Profile) -> Study:
    numbers = definition.identity.identifiers
    european = numbers.eu_ct or numbers.eudract
    fda = profile is Profile.FDA_IND
    crossed = reporting.cross_reported_inds or (NullFlavor.NA,)
    return Study(
        c_5_2=definition.identity.title,
        c_5_3=numbers.sponsor_protocol,
        c_5_4=codes("fixed")["clinical_trial"],
        fda_c_5_5a=reporting.ind if fda else None,
        c_5_1_r=() if european is None else (Registration(european, "EU"),),
        fda_c_5_6_r=tuple(CrossReportedInd(each) for each in crossed) if fda else (),
    )


def _narrative(case: CaseFile) -> Narrative:
    said = case.report.comments or Comments()
    return Narrative(
        h_1=case.narrative or case.report.narrative,
        h_2=said.reporter,
        h_4=said.sender,
        h_3_r=tuple(SenderDiagnosis(each.version, each.code) for each in said.diagnoses),
        h_5_r=tuple(NativeSummary(each.text, each.language) for each in said.summaries),
    )


def _reaction(case: CaseFile, identity: str, event: Event, profile: Profile) -> Reaction:
    fixed = codes("fixed")
    told: dict[str, bool | NullFlavor | str] = {
        element: True if code in event.seriousness else NullFlavor.NI
        for code, element in codes("criteria").items()
    }
    told |= measured("e_i_6a", "e_i_6b", event.duration)
    kind = "serious_not_highlighted" if event.serious else "not_serious_not_highlighted"
    coded = [f.value for f in case.facts if f.kind == "coding" and f.value["event"] == event.number]
    reaction = Reaction(
        entity=entity_id(identity, "reaction", event.number),
        e_i_1_1a=event.term,
        e_i_1_1b=None if event.term is None else fixed["english"],
        e_i_1_2=event.term,
        e_i_2_1a=coded[-1]["version"] if coded else None,
        e_i_2_1b=coded[-1]["code"] if coded else None,
        e_i_3_1=fixed[kind],
        fda_e_i_3_2h=NullFlavor.NI if profile is Profile.FDA_IND else None,
        e_i_4=stamp(event.onset_on),
        e_i_5=stamp(event.ended_on),
        e_i_7=codes("outcome").get(event.outcome or "UNK"),
        e_i_8=event.medically_confirmed,
        e_i_9=case.country,
    )
    return replace(reaction, **told)  # type: ignore[arg-type]
