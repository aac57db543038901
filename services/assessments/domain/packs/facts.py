"""The facts of one subject, as rule packs read them, and their JSON form.

The JSON form has the trial's form ids as keys and lists of records below them; a record has its id
(`record`), its `version`, its `visit` where it has one, and its items:

    {"subject": "S-001",
     "randomization": [{"record": "a1", "randomization_date": "2024-01-29"}],
     "marrow": [{"record": "m1", "version": 2, "sample_date": "2024-02-26", "blasts": "<5"}]}
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.assessments.domain.packs.reading import (
    FactFault,
    FactsRefused,
    escaped,
    is_text,
    read_record,
)
from services.assessments.domain.packs.records import (
    BloodCount,
    CarT,
    Dose,
    EndOfTreatment,
    Extramedullary,
    Hsct,
    InvestigatorResponse,
    Marrow,
    MarrowTest,
    MrdSample,
    NewTherapy,
    PkSample,
    Randomization,
    Record,
    RelapseProgression,
    SecondMalignancy,
    SosObservation,
    SupportiveCare,
    SurvivalStatus,
    Visit,
    Withdrawal,
)

FORMS: Mapping[str, type[Record]] = {
    "randomization": Randomization,
    "dosing": Dose,
    "blood_count": BloodCount,
    "marrow": Marrow,
    "marrow_test": MarrowTest,
    "extramedullary": Extramedullary,
    "mrd": MrdSample,
    "response": InvestigatorResponse,
    "end_of_treatment": EndOfTreatment,
    "new_anticancer_therapy": NewTherapy,
    "supportive_care": SupportiveCare,
    "hsct": Hsct,
    "car_t": CarT,
    "relapse_progression": RelapseProgression,
    "second_malignancy": SecondMalignancy,
    "survival_status": SurvivalStatus,
    "withdrawal": Withdrawal,
    "pk_sample": PkSample,
    "sos_observation": SosObservation,
    "visit": Visit,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectFacts:
    """All records of one subject, by form; the order within a form has no meaning."""

    subject: str
    randomization: tuple[Randomization, ...] = ()
    dosing: tuple[Dose, ...] = ()
    blood_count: tuple[BloodCount, ...] = ()
    marrow: tuple[Marrow, ...] = ()
    marrow_test: tuple[MarrowTest, ...] = ()
    extramedullary: tuple[Extramedullary, ...] = ()
    mrd: tuple[MrdSample, ...] = ()
    response: tuple[InvestigatorResponse, ...] = ()
    end_of_treatment: tuple[EndOfTreatment, ...] = ()
    new_anticancer_therapy: tuple[NewTherapy, ...] = ()
    supportive_care: tuple[SupportiveCare, ...] = ()
    hsct: tuple[Hsct, ...] = ()
    car_t: tuple[CarT, ...] = ()
    relapse_progression: tuple[RelapseProgression, ...] = ()
    second_malignancy: tuple[SecondMalignancy, ...] = ()
    survival_status: tuple[SurvivalStatus, ...] = ()
    withdrawal: tuple[Withdrawal, ...] = ()
    pk_sample: tuple[PkSample, ...] = ()
    sos_observation: tuple[SosObservation, ...] = ()
    visit: tuple[Visit, ...] = ()


@dataclass
class _Reading:
    faults: list[FactFault] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)

    def form(self, name: str, raw: object) -> tuple[Record, ...]:
        pointer = f"/{name}"
        if not isinstance(raw, list):
            self.faults.append(FactFault(pointer, "type_mismatch", "must be a list of records"))
            return ()
        found = []
        for number, entry in enumerate(raw):
            place = f"{pointer}/{number}"
            record = read_record(FORMS[name], entry, place, self.faults)
            if record is None:
                continue
            if record.record in self.seen:
                where = self.seen[record.record]
                words = f"is the id of the record at {where} as well"
                self.faults.append(FactFault(f"{place}/record", "duplicate_target", words))
            self.seen.setdefault(record.record, place)
            found.append(record)
        return tuple(found)


def facts_from_json(raw: object) -> SubjectFacts:
    """The facts in parsed JSON. Raises FactsRefused with every fault, by JSON pointer.

    Numbers are text (or integers), so that no digit is lost; a JSON number with a fraction is
    refused. A record id occurs once.
    """
    reading = _Reading()
    if not isinstance(raw, Mapping):
        raise FactsRefused([FactFault("", "type_mismatch", "must be an object")])
    subject = raw.get("subject")
    if not isinstance(subject, str) or not subject or not is_text(subject):
        reading.faults.append(FactFault("/subject", "required_missing", "must be text"))
    for key in sorted(set(raw) - set(FORMS) - {"subject"}):
        place = f"/{escaped(str(key))}"
        reading.faults.append(FactFault(place, "unknown_form", "no such form"))
    forms = {name: reading.form(name, raw[name]) for name in FORMS if name in raw}
    if reading.faults:
        raise FactsRefused(reading.faults)
    return SubjectFacts(subject=str(subject), **forms)  # type: ignore[arg-type]
