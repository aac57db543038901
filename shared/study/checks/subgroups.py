"""Subgroups of an effect: factors, items and endpoints that exist and have an effect."""

from collections.abc import Iterator

from shared.study.base import Model
from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import predicate_findings
from shared.study.draft import Draft, raw_ids
from shared.study.endpoints import ProportionEndpoint, TimeToEventEndpoint
from shared.study.faults import Finding, Path
from shared.study.subgroups import RecordSubgroup, StratumSubgroup

PLACE: Path = ("analysis", "subgroups")


def subgroup_findings(draft: Draft) -> Iterator[Finding]:
    """Ids are unique; factors exist; levels speak of items of their form; endpoints have an effect
    between arms."""
    yield from duplicate_findings(draft.raw_at(PLACE), "id", PLACE)
    factors = {name for _, name in raw_ids(draft.raw_at(("randomization", "strata")), "factor")}
    for path, by_stratum in draft.entries(PLACE, StratumSubgroup):
        if by_stratum.factor not in factors:
            yield Finding((*path, "factor"), f"{by_stratum.factor} is no stratification factor")
    for path, by_record in draft.entries(PLACE, RecordSubgroup):
        yield from duplicate_findings(draft.raw_at((*path, "levels")), "code", (*path, "levels"))
        items = draft.form_items(by_record.form)
        for index, level in enumerate(by_record.levels):
            place = (*path, "levels", index, "when")
            yield from () if items is None else predicate_findings(level.when, place, items)
    yield from _effectless(draft)


def _effectless(draft: Draft) -> Iterator[Finding]:
    kinds = {
        str(getattr(each, "paramcd", "")): each for _, each in draft.entries(("endpoints",), Model)
    }
    for path, subgroup in draft.entries(PLACE, Model):
        for index, name in enumerate(getattr(subgroup, "endpoints", ())):
            found = kinds.get(name)
            if found is None:
                continue
            if not isinstance(found, TimeToEventEndpoint | ProportionEndpoint) or (
                found.comparison == "none"
            ):
                words = f"{name} has no effect between arms"
                yield Finding((*path, "endpoints", index), words)
