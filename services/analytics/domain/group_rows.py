"""Result rows of one group: an arm, or all arms pooled."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.engine_port import (
    SurvivalEngine,
    compare_curves,
    compare_hazards,
    compare_quantiles,
)
from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.kaplan_meier import Curve, Quantile, kaplan_meier
from services.analytics.domain.nelson_aalen import CumulativeHazard, nelson_aalen
from services.analytics.domain.observations import Counts
from services.analytics.domain.results import JsonValue, OutputClass, ResultRow
from services.analytics.domain.specification import AnalysisSpec, ConfidenceType
from services.analytics.domain.statistic_rows import with_estimate

OWN = "own"
# By the share that has failed: what is called the median is reached when half have.
QUANTILES = {"first_quartile": 0.25, "median": 0.5, "third_quartile": 0.75}


@dataclass(frozen=True, slots=True)
class GroupEstimate:
    """A group with its published curve and cumulative hazard: the library's numbers where it was
    asked, of the curve where 0 < S < 1; else own."""

    label: str
    output_class: OutputClass
    inputs_hash: str
    curve: Curve
    own: Curve
    hazard: CumulativeHazard
    engine: str

    def quantile(self, p: float) -> Estimate:
        """Time (days) by which a share ``p`` has failed, with Brookmeyer-Crowley limits."""
        if not self.own.table.n:
            return Estimate(None, reason=NO_SUBJECTS)
        estimate, lower, upper = self.own.quantiles(p)
        return Estimate(estimate.time, lower.time, upper.time, _why(estimate, lower, upper))


def estimate_group(
    counts: Counts,
    spec: AnalysisSpec,
    engine: SurvivalEngine,
    check: EngineCheck,
    label: str | None,
) -> GroupEstimate:
    """Estimate one arm (``label``) or, with no label, all arms pooled; record the comparison."""
    pooled = label is None
    output_class = OutputClass.OPEN if pooled else OutputClass.CLOSED
    used = counts.pooled() if label is None else counts.of_arm(label)
    table = used.table
    own = curve = kaplan_meier(table, spec.level, spec.conf_type)
    hazard = nelson_aalen(table)
    # The library has log-log limits only: others are our own alone, and the rows say so.
    checked = bool(table.n) and spec.conf_type is ConfidenceType.LOG_LOG
    where = f"{spec.endpoint} {spec.population} {label or 'pooled'}"
    if checked:
        theirs = engine.kaplan_meier(table, spec.level, tuple(QUANTILES.values()))
        compare_curves(check, where, own, theirs, output_class)
        compare_quantiles(check, where, own, theirs, output_class)
        compare_hazards(check, where, hazard, theirs, output_class)
        curve = own.with_interior(theirs.survival, theirs.lower, theirs.upper)
        hazard = hazard.with_hazard(theirs.hazard)
    inputs_hash = used.inputs_hash if pooled else counts.inputs_hash
    source = engine.name if checked else OWN
    return GroupEstimate(label or "pooled", output_class, inputs_hash, curve, own, hazard, source)


def group_rows(group: GroupEstimate, spec: AnalysisSpec) -> Iterator[ResultRow]:
    """Numbers of subjects, quantiles, and at each landmark S(t) and the numbers at risk."""
    base = ResultRow(
        endpoint=spec.endpoint,
        population=spec.population,
        group=group.label,
        statistic="n",
        value=float(group.own.table.n),
        method="count",
        unit="subjects",
        n=group.own.table.n,
        events=group.own.table.n_events,
        cutoff=spec.cutoff,
        inputs_hash=group.inputs_hash,
        engine=OWN,
        output_class=group.output_class,
    )
    yield base
    yield replace(base, statistic="events", value=float(base.events))
    yield replace(base, statistic="censored", value=float(base.n - base.events))
    yield from _quantile_rows(base, group, spec)
    yield from _landmark_rows(base, group, spec)


def _quantile_rows(
    base: ResultRow, group: GroupEstimate, spec: AnalysisSpec
) -> Iterator[ResultRow]:
    convention = {
        **_curve_convention(spec),
        "quantile_rule": "midpoint of a plateau",
        "limits": "Brookmeyer-Crowley",
    }
    for statistic, p in QUANTILES.items():
        days = group.quantile(p)
        if days.value is None and days.reason is None:
            days = replace(days, reason=f"{statistic.replace('_', ' ')} not reached")
        row = replace(
            base,
            statistic=statistic,
            method="Kaplan-Meier quantile",
            convention={**convention, "failed": p},
            unit=spec.unit,
        )
        yield with_estimate(row, in_units(days, spec))


def _landmark_rows(
    base: ResultRow, group: GroupEstimate, spec: AnalysisSpec
) -> Iterator[ResultRow]:
    for landmark in spec.landmarks:
        days = spec.in_days(landmark)
        index = group.own.index_at(days)
        inside = index is not None and bool(group.own.interior[index])
        at = replace(base, timepoint=float(landmark), convention=_time_convention(spec))
        point = group.curve.at(days)
        row = replace(at, method="Kaplan-Meier", convention=_curve_convention(spec))
        row = replace(row, engine=group.engine if inside and point.value is not None else OWN)
        yield with_estimate(replace(row, statistic="survival", unit="probability"), point)
        error = group.own.standard_error_at(days)
        row = replace(row, statistic="survival_standard_error", unit="probability", engine=OWN)
        yield with_estimate(row, error)
        yield from _hazard_rows(at, group, days)
        before = group.own.table.before(days)
        yield replace(at, statistic="at_risk", value=float(before.at_risk))
        yield replace(at, statistic="censored_before", value=float(before.censored))
        yield replace(at, statistic="events_before", value=float(before.events))


def _hazard_rows(at: ResultRow, group: GroupEstimate, days: float) -> Iterator[ResultRow]:
    convention = {**at.convention, "ties": "d / r", "na_past_last": "NE"}
    row = replace(at, method="Nelson-Aalen", convention=convention, unit="1")
    point = group.hazard.at(days)
    source = group.engine if point.value else OWN  # 0 before the first event is nobody's estimate
    yield with_estimate(replace(row, statistic="cumulative_hazard", engine=source), point)
    error = replace(row, statistic="cumulative_hazard_standard_error")
    error = replace(error, convention={**convention, "variance": "aalen"})
    yield with_estimate(error, group.hazard.standard_error_at(days))


def in_units(days: Estimate, spec: AnalysisSpec) -> Estimate:
    """An estimate in days as one in the reporting unit."""
    value, lower, upper = (
        None if number is None else spec.in_units(number)
        for number in (days.value, days.lower, days.upper)
    )
    return Estimate(value, lower, upper, days.reason)


def _why(estimate: Quantile, lower: Quantile, upper: Quantile) -> str | None:
    if estimate.time is None:
        return None  # Which quantile was not reached is known to the caller.
    missing = [name for name, limit in (("lower", lower), ("upper", upper)) if limit.time is None]
    return f"{' and '.join(missing)} limit not reached" if missing else None


def _time_convention(spec: AnalysisSpec) -> Mapping[str, JsonValue]:
    return {"time_unit": spec.unit, "days_per_unit": str(spec.days_per_unit)}


def _curve_convention(spec: AnalysisSpec) -> Mapping[str, JsonValue]:
    return {
        **_time_convention(spec),
        "conf_type": spec.conf_type.value,
        "level": spec.level,
        "km_past_last": "NE",
    }
