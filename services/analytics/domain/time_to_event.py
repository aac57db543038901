"""The whole analysis of one time-to-event endpoint in one population."""

from dataclasses import dataclass

from services.analytics.domain.agreement import EngineCheck
from services.analytics.domain.contrast_rows import (
    ContrastEstimate,
    contrast_rows,
    estimate_contrast,
)
from services.analytics.domain.engine_port import SurvivalEngine
from services.analytics.domain.group_rows import GroupEstimate, estimate_group, group_rows
from services.analytics.domain.observations import Counts
from services.analytics.domain.results import ResultRow
from services.analytics.domain.specification import AnalysisSpec


@dataclass(frozen=True, slots=True)
class Analysis:
    """Result rows in a fixed order, and the estimates behind them for figures.

    ``pooled`` is open; ``arms`` (in the order of the plan) and ``contrasts`` are
    closed, and so are their rows.
    """

    spec: AnalysisSpec
    rows: list[ResultRow]
    pooled: GroupEstimate
    arms: tuple[GroupEstimate, ...]
    contrasts: tuple[ContrastEstimate, ...]


def analyse_counts(
    counts: Counts, spec: AnalysisSpec, engine: SurvivalEngine, check: EngineCheck
) -> Analysis:
    """Analyse counts by arm, stratum and day, as a database or shards deliver them.

    Data that allow no estimate (an empty arm, no events, nobody) give rows with status NE. Raises
    ValueError for an arm outside the plan, and EngineDisagreement where ``check`` then holds a
    difference that no definition explains.
    """
    unknown = {cell.arm for cell in counts.cells} - set(spec.arms)
    if unknown:
        raise ValueError(f"unknown arm {min(unknown)!r}")
    pooled = estimate_group(counts, spec, engine, check, None)
    arms = tuple(estimate_group(counts, spec, engine, check, arm) for arm in spec.arms)
    contrasts = tuple(estimate_contrast(name, counts, spec, engine, check) for name in spec.tests)
    check.require_agreement()
    rows = [row for group in (pooled, *arms) for row in group_rows(group, spec)]
    rows += [row for contrast in contrasts for row in contrast_rows(contrast, spec)]
    return Analysis(spec, rows, pooled, arms, contrasts)
