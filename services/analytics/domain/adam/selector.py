"""Says of each result which records it rests on."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.analytics.domain.adam.groups import GroupName, group_names, group_variable
from services.analytics.domain.adam.selection import Condition, Selection
from services.analytics.domain.adam.sets import SetNames, set_names
from services.analytics.domain.adam.veil import Veil, veil_of
from services.analytics.domain.results import (
    ANALYSED,
    BASELINE,
    FLOW,
    LEFT_OUT,
    MISSING,
    MISSING_DATA,
    POOLED,
    RANDOMIZED,
    ResultRow,
)
from shared.study import StudyDefinition
from shared.study.endpoints import (
    AdverseEventEndpoint,
    ConcentrationEndpoint,
    ProportionEndpoint,
)

BY_TIME = (
    "incidence",
    "gray",
    "stratified_gray",
    "cause_specific",
    "subdistribution",
    "stratified_cause_specific",
    "stratified_subdistribution",
)
"""How the statistics of a proportion begin that rest on times to the first of two causes."""


@dataclass(frozen=True, slots=True)
class Selector:
    """Says of every result of a study what it rests on."""

    definition: StudyDefinition
    sets: Mapping[str, SetNames]
    groups: tuple[GroupName, ...]
    veil: Veil

    @classmethod
    def of_study(cls, definition: StudyDefinition) -> "Selector":
        """The selector of a study."""
        sets = {each.population.id: each for each in set_names(definition)}
        return cls(definition, sets, group_names(definition), veil_of(definition))

    def of(self, row: ResultRow) -> Selection:
        """What a result rests on. Raises KeyError for a set that the study lacks."""
        if row.endpoint == FLOW:
            return self._of_flow(row)
        names = self.sets[row.population]
        if row.endpoint == BASELINE:
            return Selection("ADSL", tuple(_of_baseline(names, row)))
        dataset = _dataset(self.definition, row)
        where = [Condition(names.flag, "EQ", ("Y",))]
        if dataset not in {"ADSL", "ADAE"}:
            where.insert(0, Condition("PARAMCD", "EQ", (row.endpoint,)))
        where += _of_arms(names, row, subjects=dataset == "ADSL")
        if row.subgroup is not None:
            where.append(self._in_group(row.subgroup, row.level))
        if row.statistic in MISSING_DATA:
            where += _missing(row)
        if dataset == "ADAE":
            where += _counted(row)
        if dataset == "ADPP" and row.category is not None:
            where.append(Condition("AVISIT", "EQ", (row.category,)))
        return Selection(dataset, tuple(where))

    def _in_group(self, subgroup: str, level: str | None) -> Condition:
        """Of a part of the subgroup; a comparison of the parts rests on all that have one."""
        variable = group_variable(self.groups, self.definition, subgroup)
        if level is not None:
            return Condition(variable, "EQ", (level,))
        codes = next(each.codes for each in self.groups if each.variable == variable)
        return Condition(variable, "IN", tuple(codes))

    def _of_flow(self, row: ResultRow) -> Selection:
        """A number of the flow: the sets stand in ADSL, the steps before and after in ADDS."""
        if row.statistic in {RANDOMIZED, ANALYSED, LEFT_OUT}:
            return Selection("ADSL", tuple(self._in_set(row)))
        where = [Condition("DSSTEP", "EQ", (row.statistic,))]
        where += _split(row)
        where += [Condition("TRTP", "EQ", arms) for arms in (_arms(row),) if arms]
        if self._reveals(row):
            where.append(Condition("REVARMFL", "EQ", ("Y",)))
        return Selection("ADDS", tuple(where))

    def _in_set(self, row: ResultRow) -> Iterator[Condition]:
        if row.statistic == RANDOMIZED:
            yield from (Condition("TRT01P", "EQ", arms) for arms in (_arms(row),) if arms)
            return
        names = self.sets[row.population]
        inside = row.statistic == ANALYSED
        yield Condition(names.flag, "EQ", ("Y" if inside else "N",))
        if row.category is not None:
            yield Condition(names.reason, "EQ", (row.category,))
        if inside:
            yield from _of_arms(names, row, subjects=True)
        else:  # Who is in no set has no arm but the randomized one.
            yield from (Condition("TRT01P", "EQ", arms) for arms in (_arms(row),) if arms)

    def _reveals(self, row: ResultRow) -> bool:
        """Whether the step rests on what reveals the arm, so that no open file has it."""
        disposition = self.definition.disposition
        if row.statistic in {"treated", "untreated"}:
            return disposition is not None and disposition.treated in self.veil.anchors
        if row.statistic == "left":
            return str(row.category).partition(": ")[0] in self.veil.exits
        return row.statistic == "treated_otherwise"


def _of_arms(names: SetNames, row: ResultRow, *, subjects: bool) -> Iterator[Condition]:
    """In the arms of a result, by the basis of its set."""
    arms = _arms(row)
    if arms:
        basis = "A" if names.population.arm_basis == "received" else "P"
        variable = f"TRT01{basis}" if subjects else f"TRT{basis}"
        yield Condition(variable, "IN" if len(arms) > 1 else "EQ", arms)


def _of_baseline(names: SetNames, row: ResultRow) -> Iterator[Condition]:
    """A set, an arm of it, and the value of the variable that is counted."""
    yield Condition(names.flag, "EQ", ("Y",))
    yield from _of_arms(names, row, subjects=True)
    variable, _, code = str(row.category).partition(": ")
    if code:
        yield Condition(variable, "EQ", (code,))


def _split(row: ResultRow) -> Iterator[Condition]:
    """What a step is counted by: a reason, or an exit and its reason."""
    if row.category is None:
        return
    if row.statistic != "left":
        yield Condition("DSREASN", "EQ", (row.category,))
        return
    found, _, reason = row.category.partition(": ")
    yield Condition("DSCAT", "EQ", (found,))
    if reason:
        yield Condition("DSREASN", "EQ", (reason,))


def _dataset(definition: StudyDefinition, row: ResultRow) -> str:
    endpoint = definition.endpoint(row.endpoint)
    if isinstance(endpoint, ConcentrationEndpoint):
        return "ADPP"
    if isinstance(endpoint, AdverseEventEndpoint):
        return "ADSL" if row.category is None else "ADAE"
    if isinstance(endpoint, ProportionEndpoint) and not row.statistic.startswith(BY_TIME):
        return "ADRS"
    return "ADTTE"


def _arms(row: ResultRow) -> tuple[str, ...]:
    if row.contrast is not None:
        return tuple(row.contrast.split(" vs "))
    return () if row.group in {None, POOLED} else (str(row.group),)


def _counted(row: ResultRow) -> Iterator[Condition]:
    """The summary that counts an event, and its class and term where it is counted by them."""
    summary, *terms = str(row.category).split(": ", 2)
    yield Condition("ASUMS", "CONTAINS", (f"{row.endpoint}.{summary}",))
    for variable, value in zip(("AEBODSYS", "AEDECOD"), terms, strict=False):
        yield Condition(variable, "EQ", (value,))


def _missing(row: ResultRow) -> Iterator[Condition]:
    """The results that are missing; of the other statistics all that are expected."""
    of_all = row.statistic != MISSING
    yield Condition("MISSFL", "IN" if of_all else "EQ", ("Y", "N") if of_all else ("Y",))
    if row.category is not None:
        yield Condition("MISSRSN", "EQ", (row.category,))
