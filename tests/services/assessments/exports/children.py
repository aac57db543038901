"""Hand-made children: one on inotuzumab ozogamicin, with a little of everything."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from services.assessments.domain.exports.participant import Participant
from services.assessments.domain.history import History, Version, seen
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from shared.study import StudyDefinition

START = datetime(2024, 2, 1, 12, 0, tzinfo=UTC)
VISIBLE: tuple[tuple[str, str, int, Mapping[str, Kept]], ...] = (
    ("consent", "SCR", 1, {"consent_date": Kept("2024-01-20"), "assent_due": Kept("false")}),
    (
        "blood_count",
        "C1D28",
        1,
        {
            "sample_date": Kept("2024-02-26"),
            "neutrophils": Kept("1050", "/uL", "1.05", "10*9/L"),
            "platelets": Kept("<5"),
            "haemoglobin": Kept("9.9", "g/dL", "99", "g/L"),
            "leukocytes": Kept(null_flavour="ND", null_reason="Sample clotted"),
            "peripheral_blasts": Kept(null_flavour="UNK"),
        },
    ),
    ("blood_count", "SCR", 1, {"sample_date": Kept("2024-01-28"), "platelets": Kept("20")}),
    (
        "mrd",
        "C1D28",
        1,
        {
            "sample_id": Kept("M1"),
            "sample_date": Kept("2024-02-26"),
            "material": Kept("BM"),
            "method": Kept("RQPCR"),
            "assay_valid": Kept("true"),
            "kind": Kept("QUANT"),
            "fraction": Kept("0.005", "%", "0.00005", "1"),
            "sensitivity": Kept("0.00001"),
        },
    ),
    (
        "response",
        "C1D28",
        1,
        {"assessment_date": Kept("2024-02-26"), "response": Kept("CRp")},
    ),
    (
        "adverse_event",
        "UNSCHEDULED",
        1,
        {
            "term": Kept("Febrile neutropenia"),
            "grade": Kept("3"),
            "start_date": Kept("2024-02"),
            "serious": Kept("true"),
            "hospitalisation": Kept("true"),
            "outcome": Kept("RECOVERED"),
        },
    ),
    (
        "hsct",
        "UNSCHEDULED",
        1,
        {"transplant_date": Kept("2024-04-10"), "donor": Kept("SIBLING")},
    ),
    (
        "survival_status",
        "FU06",
        1,
        {
            "contact_date": Kept("2024-07-30"),
            "status": Kept("DEAD"),
            "death_date": Kept("2024-07-28"),
        },
    ),
)
REVEALING: Mapping[str, tuple[tuple[str, str, int, Mapping[str, Kept]], ...]] = {
    "INO": (
        (
            "dosing",
            "C1D1",
            1,
            {
                "product": Kept("INO"),
                "dose_date": Kept("2024-01-30"),
                "given": Kept("true"),
                "amount": Kept("0.8"),
                "amount_unit": Kept("mg/m2"),
            },
        ),
        (
            "pk_sample",
            "C1D1",
            1,
            {
                "sample_date": Kept("2024-01-30"),
                "sample_time": Kept("2024-01-30T09:00:00+01:00"),
                "timepoint": Kept("PRE_DOSE"),
                "below_quantification": Kept("true"),
                "quantification_limit": Kept("1"),
            },
        ),
        (
            "pk_sample",
            "C1D1",
            2,
            {
                "sample_date": Kept("2024-01-30"),
                "timepoint": Kept("END_OF_INFUSION"),
                "concentration": Kept("0.308", "ug/mL", "308", "ng/mL"),
                "below_quantification": Kept("false"),
            },
        ),
    ),
    "ALLR3": (
        (
            "dosing",
            "C1D1",
            1,
            {
                "product": Kept("DEX"),
                "dose_date": Kept("2024-02-03"),
                "given": Kept("true"),
            },
        ),
    ),
}


def participant(
    definition: StudyDefinition, arm: str = "INO", variant: str = "unblinded"
) -> Participant:
    """The child as the variant may show it; the arm decides the revealing records."""
    sight = Sight(definition, sees_arm=variant == "unblinded")
    forms = (*VISIBLE, *REVEALING[arm])
    histories = [_history(number, *entry) for number, entry in enumerate(forms, start=1)]
    shown = [seen(history, sight) for history in histories]
    return Participant(
        subject="S01-001",
        site="S01",
        country="CZ",
        birth_year_month="2015-06",
        sex="female",
        consented_on=date(2024, 1, 20),
        allocated_on=date(2024, 1, 29),
        arm=arm if variant == "unblinded" else None,
        histories=tuple(history for history in shown if history is not None),
    )


def corrected(history: History, reason: str, **changes: Kept | None) -> History:
    """The record with one more version."""
    last = history.latest
    version = replace(
        last,
        number=last.number + 1,
        changes=changes,
        reason=reason,
        recorded_at=last.recorded_at + timedelta(days=1),
    )
    return replace(history, versions=(*history.versions, version))


def _history(number: int, form: str, visit: str, repeat: int, items: Mapping[str, Kept]) -> History:
    version = Version(
        number=1,
        changes=items,
        observed_on=None,
        position=number,
        recorded_at=START + timedelta(minutes=number),
        actor="nurse-7",
        role="coordinator",
        reason="first entry",
        definition_version="1.0.0",
    )
    return History(f"r{number}", "S01-001", "S01", form, visit, repeat, (version,))
