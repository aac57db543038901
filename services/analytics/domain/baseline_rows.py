"""Result rows of what subjects brought along: age, sex, strata as randomized.

Told of the main set of the primary endpoint, pooled (open) and by arm (closed). What a study does
not collect has no rows; what reveals an arm has none that are open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from services.analytics.domain.adam.characteristics import (
    Characteristic,
    characteristic_values,
    characteristics,
)
from services.analytics.domain.adam.veil import veil_of
from services.analytics.domain.canonical import content_hash
from services.analytics.domain.concentrations import Concentration, summarize
from services.analytics.domain.cutoff import CutData
from services.analytics.domain.estimate import NO_SUBJECTS, Estimate
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.results import BASELINE, POOLED, OutputClass, ResultRow
from services.analytics.domain.statistic_rows import statistic_rows, with_estimate
from services.analytics.domain.subjects import Subject, members
from shared.study import StudyDefinition

AGE, STRATUM = "AGE", "STRATAR"
_OF_NUMBERS = ("mean", "sd", "median", "minimum", "maximum")


@dataclass(frozen=True, slots=True)
class _Part:
    """A variable of ADSL with the value of each subject by id; ``codes`` are those to count, with
    their words, none for a number."""

    variable: str
    label: str
    values: dict[str, str | int | None]
    codes: tuple[tuple[str, str], ...]
    is_open: bool


def baseline_rows(
    definition: StudyDefinition, data: CutData, subjects: Sequence[Subject]
) -> Iterator[ResultRow]:
    """Rows of all arms pooled, then of each arm; none where the study collects nothing of this."""
    population = definition.population(definition.endpoints[0].populations[0])
    included = members(population, subjects)
    parts = list(_parts(definition, included))
    groups: list[tuple[str, list[Subject], OutputClass]] = []
    if not population.arms:
        groups.append((POOLED, list(included), OutputClass.OPEN))
    groups += [
        (arm.code, [each for each in included if each.arm == arm.code], OutputClass.CLOSED)
        for arm in definition.arms
    ]
    for label, own, output_class in groups if parts else ():
        is_open = output_class is OutputClass.OPEN
        shown = [part for part in parts if part.is_open or not is_open]
        told = [[p.variable, sorted(str(p.values[each.id]) for each in own)] for p in shown]
        base = ResultRow(
            endpoint=BASELINE, population=population.id, group=label, statistic="n",
            value=float(len(own)), method="count", unit="subjects", n=len(own), events=0,
            cutoff=data.cutoff, inputs_hash=content_hash([label, *told]), engine=OWN,
            output_class=output_class,
        )  # fmt: skip
        yield base
        for part in shown:
            yield from _counted(base, part, own) if part.codes else _numbers(base, part, own)


def _parts(definition: StudyDefinition, subjects: Sequence[Subject]) -> Iterator[_Part]:
    found = characteristics(definition, None)
    if not found:
        return
    told = {each.variable.name for each in characteristics(definition, veil_of(definition))}
    read = {each.id: characteristic_values(definition, found, each) for each in subjects}
    for each in found:
        if each.rule in {"completed_years", "value"}:
            values = {s: read[s].get(each.variable.name) for s in read}
            yield _part(each, values, each.variable.name in told)
    strata = {each.id: each.allocated.stratum for each in subjects}
    names = tuple((each, each) for each in sorted(set(strata.values())))
    yield _Part(STRATUM, "Stratum as randomized", {**strata}, names, is_open=True)


def _part(each: Characteristic, values: Mapping[str, object], is_open: bool) -> _Part:
    kept = {s: value if isinstance(value, str | int) else None for s, value in values.items()}
    words = each.variable.label if each.codes else f"{each.variable.label}, years"
    return _Part(each.variable.name, words, kept, tuple(each.codes.items()), is_open)


def _numbers(base: ResultRow, part: _Part, subjects: Sequence[Subject]) -> Iterator[ResultRow]:
    known = [value for each in subjects if isinstance(value := part.values[each.id], int)]
    row = replace(base, category=part.variable, convention={"characteristic": part.label},
                  n=len(known))  # fmt: skip
    yield replace(row, statistic="not_known", value=float(len(subjects) - len(known)))
    found = summarize([Concentration(float(value)) for value in known]).statistics("years")
    for each in found:
        if each.name in _OF_NUMBERS:
            convention = {k: v for k, v in each.convention.items() if k != "blq"}
            yield from statistic_rows(row, [replace(each, convention=convention)])


def _counted(base: ResultRow, part: _Part, subjects: Sequence[Subject]) -> Iterator[ResultRow]:
    values = [part.values[each.id] for each in subjects]
    for code, words in part.codes:
        having = values.count(code)
        row = replace(
            base, category=f"{part.variable}: {code}", events=having,
            convention={"characteristic": part.label, "category_label": words},
        )  # fmt: skip
        yield replace(row, statistic="subjects", value=float(having))
        share = Estimate(100.0 * having / len(values)) if values else None
        percent = replace(row, statistic="percent", method="proportion", unit="%")
        yield with_estimate(percent, share or Estimate(None, reason=NO_SUBJECTS))
