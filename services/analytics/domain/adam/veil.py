"""What of a study rests on records that reveal the arm, told from its definition alone.

A date is veiled where a form or an item that reveals the arm gives it, picks it or bounds it. Being
told from the definition and never from data, the veil itself says nothing of any subject.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor, RecordSelection, anchor_dependencies
from shared.study.endpoints import ProportionEndpoint, TimeToEventEndpoint
from shared.study.missing import MissingData
from shared.study.occurrences import Population

_NAMES_ITEM = ("item", "value_from", "sample", "method")


@dataclass(frozen=True, slots=True)
class Veil:
    """Forms, items, anchors, event sources, analysis sets, exits and (by endpoint) missing
    results that an open file does not show of a subject."""

    forms: frozenset[str]
    items: frozenset[tuple[str, str]]
    anchors: frozenset[str]
    sources: frozenset[str]
    populations: frozenset[str]
    exits: frozenset[str]
    missing: frozenset[str]

    def hides_item(self, form: str, item: str) -> bool:
        """Whether the item, or all of its form, reveals the arm."""
        return form in self.forms or (form, item) in self.items

    def hides_start(self, endpoint: TimeToEventEndpoint) -> bool:
        """Whether the origin of the endpoint is veiled."""
        return endpoint.origin in self.anchors

    def hides_end(self, endpoint: TimeToEventEndpoint | ProportionEndpoint) -> bool:
        """Whether what ends the time, or succeeds, is veiled."""
        if isinstance(endpoint, TimeToEventEndpoint):
            sources: Iterable[str] = (*endpoint.events, *endpoint.censoring)
            anchors = list(endpoint.censor_at)
        else:
            sources, anchors = endpoint.successes, []
        anchors += [] if endpoint.horizon is None else [endpoint.horizon.anchor]
        return not self.sources.isdisjoint(sources) or not self.anchors.isdisjoint(anchors)


def veil_of(definition: StudyDefinition) -> Veil:
    """The veil of a study."""
    forms = {form.id for form in definition.forms if form.arm_revealing}
    items = {
        (form.id, item.id) for form in definition.forms for item in form.items if item.arm_revealing
    }

    def reveals(select: RecordSelection) -> bool:
        reflex = definition.form(select.form).reflex if select.reflex else None
        named = {select.date, *_items(select.where), *_items(select.having), *_items(reflex)}
        return select.form in forms or any((select.form, item) in items for item in named)

    anchors: set[str] = set()
    for anchor in definition.anchors_in_order():
        own = isinstance(anchor, RecordAnchor) and reveals(anchor.select)
        if own or not anchors.isdisjoint(anchor_dependencies(anchor)):
            anchors.add(anchor.id)
    sources = set()
    for source in definition.event_sources:
        needed = {*source.requires, *source.unless, source.anchor, source.dated_at}
        needed |= set(source.select.bounds) if source.select else set()
        own = source.select is not None and reveals(source.select)
        if own or not anchors.isdisjoint(each for each in needed if each):
            sources.add(source.id)
    populations = {each.id for each in definition.populations if _is_veiled(each, anchors)}
    exits = {
        each.id
        for each in (definition.disposition.exits if definition.disposition else ())
        if reveals(each.select)
        or (each.select.form, each.reason) in items
        or not anchors.isdisjoint(each.select.bounds)
    }
    missing = {
        each.paramcd
        for each in definition.endpoints
        if isinstance(each, ProportionEndpoint)
        and each.missing is not None
        and _hides_missing(each.missing, reveals, anchors)
    }
    return Veil(
        frozenset(forms),
        frozenset(items),
        frozenset(anchors),
        frozenset(sources),
        frozenset(populations),
        frozenset(exits),
        frozenset(missing),
    )


def _is_veiled(population: Population, anchors: set[str]) -> bool:
    by_arm = bool(population.arms) or population.arm_basis == "received"
    return by_arm or not anchors.isdisjoint((*population.requires, *population.unless))


def _hides_missing(
    missing: MissingData, reveals: Callable[[RecordSelection], bool], anchors: set[str]
) -> bool:
    """Whether that a result is missing, or why, is veiled."""
    named = {*missing.expected, *missing.evaluable}
    for reason in missing.reasons:
        named |= {*reason.without}
        if reason.select is not None:
            if reveals(reason.select):
                return True
            named |= {*reason.select.bounds}
    return not anchors.isdisjoint(named)


def _items(rule: Any) -> Iterator[str]:
    """The items that a predicate or another rule names, however deep."""
    if rule is not None:
        yield from _named(rule.model_dump())


def _named(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        yield from (content[key] for key in _NAMES_ITEM if isinstance(content.get(key), str))
        content = content.values()
    elif not isinstance(content, list | tuple):
        return
    for each in content:
        yield from _named(each)
