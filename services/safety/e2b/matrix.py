"""Roles of drugs (G.k.1) and what is thought of each drug and reaction (G.k.9.i). Imports lxml.

They stand apart from the drugs and point at them, and at the reactions, by UUID.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lxml import etree

from services.safety.e2b.model import Assessment, Drug, DrugReaction
from services.safety.e2b.paths import parse
from services.safety.e2b.tree import XSI_TYPE, every, extend, find, make, obtain, tag

_ROLE = parse("component*/causalityAssessment{20}").steps
_OPINION = parse("component*/causalityAssessment{39}").steps
_ROLE_VALUE = parse("value<CE>^13").steps
_DRUG_ID = parse("subject2/productUseReference/id").steps
_REACTION_ID = parse("subject1/adverseEffectReference/id").steps
_SOURCE = parse("author/assignedEntity/code/originalText").steps
_METHOD = parse("methodCode/originalText").steps
_METHOD_EU = parse("methodCode^eumethod").steps
_RESULT_EU = parse("value<CE>^euresult").steps
_RECURRENCE = parse("outboundRelationship2:PERT/observation{31}").steps
_RECURRENCE_VALUE = parse("value<CE>^16").steps
_RECURRENCE_OF = parse("outboundRelationship1:REFR/actReference/id").steps
# From the start of the drug, and from its last dose, to the start of the reaction.
_INTERVALS = (
    (parse("outboundRelationship1:SAS").steps, "g_k_9_i_3_1a", "g_k_9_i_3_1b"),
    (parse("outboundRelationship1:SAE").steps, "g_k_9_i_3_2a", "g_k_9_i_3_2b"),
)


def write_history(element: etree._Element, drug: Drug) -> None:
    """Below a drug: intervals to reactions, and whether they recurred."""
    for pair in drug.g_k_9_i:
        for steps, number, unit in _INTERVALS:
            _interval(element, steps, pair, getattr(pair, number), getattr(pair, unit))
        if pair.g_k_9_i_4 is not None:
            recurred = extend(element, _RECURRENCE)
            obtain(recurred, _RECURRENCE_VALUE).set("code", pair.g_k_9_i_4)
            _point(recurred, _RECURRENCE_OF, pair.g_k_9_i_1)


def write_opinions(assessment: etree._Element, drugs: tuple[Drug, ...]) -> None:
    """Below adverseEventAssessment: roles first, then each opinion."""
    for drug in drugs:
        if drug.g_k_1 is not None:
            role = extend(assessment, _ROLE)
            obtain(role, _ROLE_VALUE).set("code", drug.g_k_1)
            _point(role, _DRUG_ID, drug.entity)
    for drug in drugs:
        for pair in drug.g_k_9_i:
            for opinion in pair.g_k_9_i_2_r:
                _opinion(extend(assessment, _OPINION), drug, pair, opinion)


def read(
    assessment: etree._Element,
    found: list[tuple[Drug, etree._Element]],
    reactions: tuple[str | None, ...],
) -> tuple[Drug, ...]:
    """The drugs with their roles and opinions, pairs in the order of the reactions.

    What points at no drug of the report is left out; ``dangling`` names it.
    """
    roles: dict[str | None, str | None] = {}
    for role in every(assessment, _ROLE):
        value = find(role, _ROLE_VALUE)
        roles.setdefault(_pointed(role, _DRUG_ID), None if value is None else value.get("code"))
    opinions: dict[str | None, list[etree._Element]] = {}
    for row in every(assessment, _OPINION):
        opinions.setdefault(_pointed(row, _DRUG_ID), []).append(row)
    return tuple(
        replace(
            drug,
            g_k_1=roles.get(drug.entity),
            g_k_9_i=_in_order(_pairs(opinions.get(drug.entity, []), element), reactions),
        )
        for drug, element in found
    )


def dangling(assessment: etree._Element, drugs: set[str]) -> Iterator[str]:
    """What roles and opinions point at as a drug, and no drug is. With no drug, they are lost."""
    for steps in (_ROLE, _OPINION):
        for row in every(assessment, steps):
            target = _pointed(row, _DRUG_ID)
            if target is not None and target not in drugs:
                yield target


def _pairs(opinions: list[Any], element: Any) -> tuple[DrugReaction, ...]:
    pairs: dict[str | None, DrugReaction] = {}
    for row in opinions:
        target = _pointed(row, _REACTION_ID)
        pair = pairs.get(target, DrugReaction(g_k_9_i_1=target))
        pairs[target] = replace(pair, g_k_9_i_2_r=(*pair.g_k_9_i_2_r, _assessment(row)))
    for steps, number, unit in _INTERVALS:
        for row in every(element, steps):
            target = _pointed(row, parse("actReference/id").steps)
            pause = row.find(tag("pauseQuantity"))
            if pause is not None:
                known = pairs.get(target, DrugReaction(g_k_9_i_1=target))
                told: dict[str, Any] = {number: pause.get("value"), unit: pause.get("unit")}
                pairs[target] = replace(known, **told)
    for row in every(element, _RECURRENCE):
        target = _pointed(row, _RECURRENCE_OF)
        value = find(row, _RECURRENCE_VALUE)
        known = pairs.get(target, DrugReaction(g_k_9_i_1=target))
        pairs[target] = replace(known, g_k_9_i_4=None if value is None else value.get("code"))
    return tuple(pairs.values())


def _in_order(
    pairs: tuple[DrugReaction, ...], reactions: tuple[str | None, ...]
) -> tuple[DrugReaction, ...]:
    place = {entity: at for at, entity in enumerate(reactions)}
    return tuple(sorted(pairs, key=lambda pair: place.get(pair.g_k_9_i_1, len(place))))


def _opinion(row: Any, drug: Drug, pair: DrugReaction, opinion: Assessment) -> None:
    if opinion.g_k_9_i_2_r_3_eu_1 is not None:
        obtain(row, _RESULT_EU).set("code", opinion.g_k_9_i_2_r_3_eu_1)
    elif opinion.g_k_9_i_2_r_3 is not None:
        value = make(row, "value")
        value.set(XSI_TYPE, "ST")
        value.text = opinion.g_k_9_i_2_r_3
    if opinion.g_k_9_i_2_r_2_eu_1 is not None:
        obtain(row, _METHOD_EU).set("code", opinion.g_k_9_i_2_r_2_eu_1)
    if opinion.g_k_9_i_2_r_2 is not None:
        obtain(row, _METHOD).text = opinion.g_k_9_i_2_r_2
    if opinion.g_k_9_i_2_r_1 is not None:
        obtain(row, _SOURCE).text = opinion.g_k_9_i_2_r_1
    _point(row, _REACTION_ID, pair.g_k_9_i_1)
    _point(row, _DRUG_ID, drug.entity)


def _assessment(row: Any) -> Assessment:
    value, method = row.find(tag("value")), row.find(tag("methodCode"))
    return Assessment(
        g_k_9_i_2_r_1=_text(find(row, _SOURCE)),
        g_k_9_i_2_r_2=_text(find(row, _METHOD)),
        g_k_9_i_2_r_3=_text(value),
        g_k_9_i_2_r_2_eu_1=None if method is None else method.get("code"),
        g_k_9_i_2_r_3_eu_1=None if value is None else value.get("code"),
    )


def _interval(element: Any, steps: Any, pair: DrugReaction, number: Any, unit: Any) -> None:
    if number is None and unit is None:
        return
    relation = extend(element, steps)
    pause = make(relation, "pauseQuantity")
    if number is not None:
        pause.set("value", number)
    if unit is not None:
        pause.set("unit", unit)
    _point(relation, parse("actReference/id").steps, pair.g_k_9_i_1)


def _point(row: Any, steps: Any, target: str | None) -> None:
    if target is not None:
        obtain(row, steps).set("root", target)


def _pointed(row: Any, steps: Any) -> str | None:
    found = find(row, steps)
    return None if found is None else found.get("root")


def _text(element: Any) -> str | None:
    return None if element is None else (element.text or "").strip() or None
