"""Result rows of concentrations: descriptive statistics of an arm at each planned visit.

Which samples count is data: the visits, the timepoint (``where``) and the rule for values below
quantification. Source of the estimators: ``concentrations``.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from services.analytics.domain.canonical import content_hash
from services.analytics.domain.concentrations import BelowLimit, Concentration, summarize
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.proportions import ProportionPlan
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.statistic_rows import statistic_rows
from services.analytics.domain.subjects import Subject
from shared.rules.censored import Censored
from shared.study import StudyDefinition
from shared.study.derivation import Record
from shared.study.endpoints import ConcentrationEndpoint
from shared.study.predicate import Truth, evaluate

RULES = {"zero": BelowLimit.ZERO, "excluded": BelowLimit.MISSING}


@dataclass(frozen=True, slots=True)
class Samples:
    """The first sample with a value of each subject, and of how many something was left out."""

    values: tuple[Concentration, ...]
    in_other_units: int
    with_several: int

    def warnings(self) -> Iterator[str]:
        """What a reader must know of the samples left out."""
        if self.in_other_units:
            yield f"samples left out, reported in another unit: {self.in_other_units}"
        if self.with_several:
            yield f"subjects with several samples, of which the first counts: {self.with_several}"


def concentration_rows(
    definition: StudyDefinition,
    endpoint: ConcentrationEndpoint,
    plan: ProportionPlan,
    subjects: Sequence[Subject],
) -> Iterator[ResultRow]:
    """Rows of each arm of the endpoint by visit (the category); closed, because they are by arm."""
    item = definition.form(endpoint.form).item(endpoint.value)
    for arm in endpoint.arms:
        of_arm = [each for each in subjects if each.arm == arm]
        for visit in endpoint.visits:
            samples = samples_at(definition, endpoint, of_arm, visit)
            values = [each.value for each in samples.values]
            below = sum(value is None for value in values)
            base = ResultRow(
                endpoint=plan.endpoint,
                population=plan.population,
                group=arm,
                statistic="n",
                category=visit,
                value=float(len(values)),
                method="count",
                unit="samples",
                n=len(values),
                events=len(values) - below,
                cutoff=plan.cutoff,
                inputs_hash=content_hash([visit, sorted(map(str, values))]),
                engine=OWN,
                output_class=OutputClass.CLOSED,
                warnings=tuple(samples.warnings()),
            )
            summary = summarize(samples.values, RULES[endpoint.blq_rule])
            yield from statistic_rows(base, summary.statistics(item.unit or "1"))


def samples_at(
    definition: StudyDefinition,
    endpoint: ConcentrationEndpoint,
    subjects: Iterable[Subject],
    visit: str,
) -> Samples:
    """The samples that count at a visit, in the order of the subjects."""
    values: list[Concentration] = []
    other_units = several = 0
    for subject in subjects:
        taken = [each for each in subject.records if _counts(definition, endpoint, each, visit)]
        usual = [each for each in taken if not _in_other_unit(definition, endpoint, each)]
        other_units += len(taken) - len(usual)
        read = [found for each in usual if (found := _concentration(endpoint, each)) is not None]
        several += len(read) > 1
        values += read[:1]
    return Samples(tuple(values), other_units, several)


def sample_at(
    definition: StudyDefinition, endpoint: ConcentrationEndpoint, subject: Subject, visit: str
) -> Record | None:
    """The sample of a subject that counts at a visit; None where none does."""
    return next(
        (
            each
            for each in subject.records
            if _counts(definition, endpoint, each, visit)
            and not _in_other_unit(definition, endpoint, each)
            and _concentration(endpoint, each) is not None
        ),
        None,
    )


def _counts(
    definition: StudyDefinition, endpoint: ConcentrationEndpoint, record: Record, visit: str
) -> bool:
    if record.form != endpoint.form or record.visit != visit:
        return False
    if endpoint.where is None:
        return True
    return evaluate(endpoint.where, record.values, definition.thresholds_by_id()) is Truth.TRUE


def _in_other_unit(
    definition: StudyDefinition, endpoint: ConcentrationEndpoint, record: Record
) -> bool:
    """Whether the laboratory names a unit that is not the item's: nothing is converted here."""
    if endpoint.reported_unit is None:
        return False
    unit = definition.form(endpoint.form).item(endpoint.value).unit
    return record.values.get(endpoint.reported_unit) not in (None, unit)


def _concentration(endpoint: ConcentrationEndpoint, record: Record) -> Concentration | None:
    """The sample's value, or that it lies below quantification; None where neither is known."""
    if record.values.get(endpoint.below_quantification) is True:
        return Concentration(None)
    value = record.values.get(endpoint.value)
    if isinstance(value, Censored):
        if value.relation.startswith("<"):
            return Concentration(None)
        value = value.exact
    return None if value is None else Concentration(float(str(value)))
