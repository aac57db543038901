"""Serum samples, the doses they belong to, and the concentrations they report."""

from dataclasses import dataclass
from decimal import Decimal

from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.pk.doses import PlannedDose, of_visit_or_day, planned_doses
from services.assessments.domain.packs.records import PkSample
from services.assessments.domain.packs.spans import Span
from services.assessments.domain.packs.values import Censored
from shared.rules.model import Pack


@dataclass(frozen=True, slots=True)
class Placed:
    """A sample and the dose it belongs to (None: no dose of the product)."""

    sample: PkSample
    dose: PlannedDose | None


def placed_samples(facts: SubjectFacts, pack: Pack) -> tuple[Placed, ...]:
    """Samples by date, each with its dose."""
    doses = planned_doses(facts, pack)
    ordered = sorted(facts.pk_sample, key=lambda each: (Span.of(each.sample_date), each.record))
    return tuple(
        Placed(each, of_visit_or_day(doses, each.visit, Span.of(each.sample_date)))
        for each in ordered
    )


def unit_fits(sample: PkSample, pack: Pack) -> bool:
    """Whether it is in the unit; a sample that states none is in the form's, which is fixed."""
    return sample.unit in {None, pack.text("unit")}


def reported(sample: PkSample, pack: Pack) -> Censored | None:
    """The concentration; below quantification that limit with its sign, whatever number is given:
    a 0 that stands for "below" must never be computed with. None in a unit that is not the pack's,
    whose numbers cannot be held against its limits or another sample's."""
    if not unit_fits(sample, pack):
        return None
    value = sample.concentration
    below = value is not None and value.exact is not None and sample.below_quantification is True
    if value is not None and not below:
        return value
    if not sample.below_quantification:
        return None
    limit = limit_of_quantification(sample, pack)
    return Censored("<", limit, f"<{limit:f}")


def limit_of_quantification(sample: PkSample, pack: Pack) -> Decimal:
    """The limit that the sample names, else the assay's."""
    stated = None if sample.quantification_limit is None else sample.quantification_limit.exact
    return pack.decimal("quantification_limit") if stated is None else stated


def shown(sample: PkSample) -> str:
    """A sample as a person reads it."""
    when = sample.sample_time.isoformat() if sample.sample_time else sample.sample_date.text
    value = sample.concentration
    told = "below quantification" if value is None and sample.below_quantification else value
    return f"{sample.record}: {sample.timepoint} {told or 'no value'} at {when}"
