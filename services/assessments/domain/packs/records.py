"""The records of one subject that rule packs read; names are those of the trial's forms.

Dates may be partial, numbers may be censored, anything but a record's date may be missing (None).
Units are canonical: 10*9/L for counts, % for blasts, kg for weight, a fraction of cells for MRD.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from services.assessments.domain.packs.result import InputRef
from services.assessments.domain.packs.values import Censored
from shared.study.dates import PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One record in one version; `visit` where it belongs to one."""

    record: str
    version: int = 1
    visit: str | None = None

    def ref(self, item: str) -> InputRef:
        """The reference of one of its items."""
        return InputRef(self.record, self.version, item)

    def told(self) -> tuple[InputRef, ...]:
        """References of all its items that have a value."""
        record, version = self.record, self.version
        return tuple(
            InputRef(record, version, name)
            for name in _items(type(self))
            if getattr(self, name) is not None
        )

    def refs(self, *items: str) -> tuple[InputRef, ...]:
        """References of several of its items."""
        return tuple(self.ref(item) for item in items)


_ITEMS: dict[type[Record], tuple[str, ...]] = {}


def _items(kind: type[Record]) -> tuple[str, ...]:
    """The names of the items of a kind of record; worked out once a kind."""
    if kind not in _ITEMS:
        own = {entry.name for entry in fields(Record)}
        _ITEMS[kind] = tuple(entry.name for entry in fields(kind) if entry.name not in own)
    return _ITEMS[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Randomization(Record):
    """The allocation; the date is the site's local calendar date."""

    randomization_date: PartialDate


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose(Record):
    """One administration of study treatment (form dosing)."""

    dose_date: PartialDate
    given: bool
    product: str | None = None
    amount: Censored | None = None
    amount_unit: str | None = None
    body_surface_area: Censored | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BloodCount(Record):
    """Counts in 10*9/L, haemoglobin in g/L, blasts in % of leukocytes."""

    sample_date: PartialDate
    neutrophils: Censored | None = None
    platelets: Censored | None = None
    leukocytes: Censored | None = None
    haemoglobin: Censored | None = None
    peripheral_blasts: Censored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Marrow(Record):
    """An aspirate: blasts in %, or only the category M1, M2, M3."""

    sample_date: PartialDate
    evaluable: bool | None = None
    blasts: Censored | None = None
    category: Literal["M1", "M2", "M3"] | None = None
    quality: Literal["ADEQUATE", "DRY_TAP", "HYPOCELLULAR"] | None = None
    trilineage: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarrowTest(Record):
    """Another test of a marrow for leukaemic cells than microscopy and MRD (FISH, karyotype)."""

    sample_date: PartialDate
    method: str
    fraction: Censored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Extramedullary(Record):
    """CNS status and disease outside the marrow, at one assessment.

    `burden` is the sum of measures in % of that before treatment (100 = unchanged).
    """

    assessment_date: PartialDate
    cns_status: Literal["CNS1", "CNS2", "CNS3", "UNK"] | None = None
    disease: bool | None = None
    new_site: bool | None = None
    burden: Censored | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MrdSample(Record):
    """One MRD result of one sample by one method; numbers are fractions of cells.

    `sensitivity` is the detection limit of the assay, `quantitative_range` the lower limit of its
    quantitative range. `assay_valid` sums up marker, control gene and number of cells; the parts
    may be given as well.
    """

    sample_id: str
    sample_date: PartialDate
    method: Literal["RQPCR", "FC"]
    kind: Literal["NEG", "PNQ", "QUANT", "NE"]
    assay_valid: bool | None = None
    marker_available: bool | None = None
    control_gene_ok: bool | None = None
    events_sufficient: bool | None = None
    fraction: Censored | None = None
    sensitivity: Censored | None = None
    quantitative_range: Censored | None = None
    material: Literal["BM", "PB"] | None = None
    laboratory: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestigatorResponse(Record):
    """The response as the investigator calls it."""

    assessment_date: PartialDate
    response: Literal["CR", "CRp", "CRi", "PR", "SD", "PD", "NE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOfTreatment(Record):
    """Recovery from the treatment cycle; None while there is none."""

    recovery_date: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTherapy(Record):
    """New anticancer therapy."""

    start_date: PartialDate
    therapy_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportiveCare(Record):
    """Treatment that moves blood counts; `end_date` None = one day."""

    start_date: PartialDate
    kind: Literal["PLATELET_TRANSFUSION", "RED_CELL_TRANSFUSION", "GCSF"]
    end_date: PartialDate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hsct(Record):
    """A haematopoietic stem cell transplantation."""

    transplant_date: PartialDate
    donor: str | None = None
    conditioning: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CarT(Record):
    """An infusion of CAR T cells."""

    infusion_date: PartialDate
    product_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelapseProgression(Record):
    """Relapse or progression as the investigator calls it; the parts of a combined one as well."""

    event_date: PartialDate
    event: Literal["RELAPSE", "PROGRESSION"]
    site: str | None = None
    marrow_involved: bool | None = None
    cns_involved: bool | None = None
    testis_involved: bool | None = None
    other_involved: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondMalignancy(Record):
    """A second malignancy."""

    diagnosis_date: PartialDate
    diagnosis: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SurvivalStatus(Record):
    """What a contact told: alive or dead."""

    contact_date: PartialDate
    status: Literal["ALIVE", "DEAD", "LOST"]
    last_known_alive_date: PartialDate | None = None
    death_date: PartialDate | None = None
    death_cause: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Record):
    """Withdrawal from treatment or from the study."""

    withdrawal_date: PartialDate
    scope: Literal["TREATMENT", "STUDY"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PkSample(Record):
    """A serum concentration; `concentration` "<1" is below quantification, never 0."""

    sample_date: PartialDate
    timepoint: str
    sample_time: datetime | None = None
    nominal_time: datetime | None = None
    concentration: Censored | None = None
    unit: str | None = None
    below_quantification: bool | None = None
    quantification_limit: Censored | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SosObservation(Record):
    """One day of what criteria of hepatic sinusoidal obstruction syndrome look at.

    Weight kg, bilirubin umol/L, transaminases and GLDH in multiples of the upper limit, GFR in
    mL/min, oxygen in L/min. `baseline` marks the values before which a rise is judged.
    `bilirubin_unit` is the unit it was reported in: a limit that is printed in two units is held
    against the one reported.
    """

    observation_date: PartialDate
    baseline: bool = False
    weight: Censored | None = None
    diuretics: bool | None = None
    bilirubin: Censored | None = None
    bilirubin_unit: str | None = None
    platelets: Censored | None = None
    platelet_transfusions: int | None = None
    refractory: bool | None = None
    hepatomegaly: bool | None = None
    ascites: Literal["NONE", "MINIMAL", "MODERATE", "PARACENTESIS"] | None = None
    right_upper_quadrant_pain: bool | None = None
    other_cause: bool | None = None
    alt: Censored | None = None
    ast: Censored | None = None
    gldh: Censored | None = None
    coagulation: Literal["NORMAL", "IMPAIRED", "FACTORS_REPLACED"] | None = None
    gfr: Censored | None = None
    oxygen: Censored | None = None
    ventilation: bool | None = None
    new_cognitive_impairment: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit(Record):
    """When a visit took place; `visit` names it."""

    visit_date: PartialDate
