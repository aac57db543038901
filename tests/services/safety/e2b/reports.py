"""Reports as tests need them: one that the FDA takes, one for the EU. All invented."""

from dataclasses import replace
from datetime import UTC, datetime

from services.safety.e2b.causality import Opinion, Party, assessment
from services.safety.e2b.identity import case_number, entity_id
from services.safety.e2b.model import (
    Batch,
    CrossReportedInd,
    Dosage,
    Drug,
    DrugReaction,
    Icsr,
    Identification,
    Indication,
    Message,
    Narrative,
    Patient,
    Race,
    Reaction,
    Registration,
    Reporter,
    Sender,
    Study,
    Substance,
)
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.values import NullFlavor, Stamp

NOW = datetime(2026, 4, 10, 12, tzinfo=UTC)
CASE = case_number("CZ", "INDUCTSPONSOR", "2026-0001")
CREATED = Stamp("20260407101500+0200")
EVENT = entity_id(CASE, "reaction", "1")
SUSPECT = entity_id(CASE, "drug", "1")
OTHER = entity_id(CASE, "drug", "2")


def context(**changes: object) -> Context:
    return replace(Context(now=NOW), **changes)  # type: ignore[arg-type]


def reaction(profile: Profile = Profile.FDA_IND) -> Reaction:
    return Reaction(
        entity=EVENT,
        e_i_1_1a="Venookluzivní nemoc jater",
        e_i_1_1b="cze",
        e_i_1_2="Hepatic veno-occlusive disease",
        e_i_2_1a="28.1",
        e_i_2_1b="90000001",
        e_i_3_1="3",
        e_i_3_2a=NullFlavor.NI,
        e_i_3_2b=True,
        e_i_3_2c=True,
        e_i_3_2d=NullFlavor.NI,
        e_i_3_2e=NullFlavor.NI,
        e_i_3_2f=NullFlavor.NI,
        fda_e_i_3_2h=NullFlavor.NI if profile is Profile.FDA_IND else None,
        e_i_4=Stamp("20260331"),
        e_i_7="3",
        e_i_9="CZ",
    )


def drugs(profile: Profile = Profile.FDA_IND) -> tuple[Drug, ...]:
    opinions = tuple(
        assessment(Opinion(party, suspected=True), profile)
        for party in (Party.SPONSOR, Party.INVESTIGATOR)
    )
    suspect = Drug(
        entity=SUSPECT,
        g_k_1="1",
        g_k_2_2="Investigational conjugate",
        g_k_8="1",
        g_k_2_3_r=(Substance(g_k_2_3_r_1="conjugate", g_k_2_3_r_2a="1", g_k_2_3_r_2b="SUB0001"),),
        g_k_4_r=(
            Dosage(
                g_k_4_r_1a="0.8",
                g_k_4_r_1b="mg/m2",
                g_k_4_r_4=Stamp("20260301"),
                g_k_4_r_5=Stamp("20260315"),
                g_k_4_r_7="A12",
                g_k_4_r_10_1="Intravenous",
            ),
        ),
        g_k_7_r=(Indication(g_k_7_r_1="Relapsed leukaemia"),),
        g_k_9_i=(DrugReaction(g_k_9_i_1=EVENT, g_k_9_i_2_r=opinions),),
    )
    return suspect, Drug(entity=OTHER, g_k_1="2", g_k_2_2="Paracetamol")


def report(profile: Profile = Profile.FDA_IND) -> Icsr:
    fda = profile is Profile.FDA_IND
    return Icsr(
        c_1=Identification(
            c_1_1=CASE,
            c_1_2=CREATED,
            c_1_3="2",
            c_1_4=Stamp("20260402"),
            c_1_5=Stamp("20260406"),
            c_1_6_1=False,
            c_1_7=True,
            fda_c_1_7_1="6" if fda else None,
            c_1_8_1=CASE,
            c_1_8_2="2",
            c_1_9_1=NullFlavor.NI,
            fda_c_1_12=False if fda else None,
        ),
        c_2_r=(
            Reporter(
                c_2_r_1_4=NullFlavor.MSK,
                fda_c_2_r_2_8=NullFlavor.MSK if fda else None,
                c_2_r_3="CZ",
                c_2_r_4="1",
                c_2_r_5="1",
            ),
        ),
        c_3=Sender(
            c_3_1="1",
            c_3_2="Induct Sponsor",
            c_3_3_1="Safety",
            c_3_3_2="Dr",
            c_3_3_3="Jana",
            c_3_3_5="Nováková",
            c_3_4_1="1 Long Street",
            c_3_4_2="Praha",
            c_3_4_3="PR",
            c_3_4_4="11000",
            c_3_4_5="CZ",
            c_3_4_6="420111111",
            c_3_4_7="420111112",
            c_3_4_8="safety@sponsor.example",
        ),
        c_5=Study(
            c_5_2="A trial",
            c_5_3="B1931036",
            c_5_4="1",
            fda_c_5_5a="012345" if fda else None,
            c_5_1_r=(Registration("2023-509810-13-00", "EU"),),
            fda_c_5_6_r=(CrossReportedInd(NullFlavor.NA),) if fda else (),
        ),
        d=Patient(
            d_1="S-014",
            d_2_1=NullFlavor.MSK,
            d_2_2a="9",
            d_2_2b="a",
            d_5="2",
            d_7_2="Leukaemia, first diagnosed in 2022",
            fda_d_12="C41222" if fda else None,
            fda_d_11_r=(Race("C41261"),) if fda else (),
        ),
        e_i=(reaction(profile),),
        g_k=drugs(profile),
        h=Narrative(h_1="The child fell ill on the 30th day."),
    )


def batch(profile: Profile = Profile.FDA_IND, told: Icsr | None = None) -> Batch:
    held = told or report(profile)
    fda = profile is Profile.FDA_IND
    message = Message(
        n_2_r_1=held.c_1.c_1_1,
        n_2_r_2="INDUCTSPONSOR",
        n_2_r_3="CDER_IND" if fda else "EVHUMAN",
        n_2_r_4=held.c_1.c_1_2,
        report=held,
    )
    return Batch(
        n_1_2="BATCH-0001",
        n_1_3="INDUCTSPONSOR",
        n_1_4="ZZFDA_PREMKT" if fda else "EVCTMPROD",
        n_1_5=Stamp("20260407102000+0200"),
        messages=(message,),
    )


def changed(whole: Batch, **sections: object) -> Batch:
    """The batch with sections of its one report replaced."""
    message = whole.messages[0]
    told = replace(message.report, **sections)  # type: ignore[arg-type]
    return replace(whole, messages=(replace(message, report=told),))
