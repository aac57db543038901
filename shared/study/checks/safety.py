"""Clocks, seriousness criteria and the escalation ladder."""

import zoneinfo
from collections.abc import Iterator

from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import predicate_findings, unknown_item
from shared.study.draft import Draft, raw_ids
from shared.study.faults import Finding
from shared.study.safety import (
    ProtocolExemption,
    RecordedAction,
    RecordedRelation,
    ReferenceSafety,
    SeriousnessCriterion,
    SiteClock,
)


def safety_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of the safety section."""
    for field, id_field in (
        ("case_items", "id"),
        ("clocks", "id"),
        ("escalation", "id"),
        ("seriousness", "code"),
        ("rule_sets", "id"),
        ("exemptions", "id"),
        ("special_interest", "code"),
    ):
        entries = draft.raw_at(("safety", field))
        yield from duplicate_findings(entries, id_field, ("safety", field))
    yield from _time_zone_findings(draft)
    items = draft.items(("safety", "case_items"))
    for path, criterion in draft.entries(("safety", "seriousness"), SeriousnessCriterion):
        yield from unknown_item(criterion.item, (*path, "item"), items)
    for path, clock in draft.entries(("safety", "clocks"), SiteClock):
        yield from predicate_findings(clock.trigger, (*path, "trigger"), items)
    yield from _reference_findings(draft)


def _reference_findings(draft: Draft) -> Iterator[Finding]:
    """Reference safety of no product of the trial; exemptions from rules that are not in force."""
    arms = draft.raw_at(("arms",))
    products = {
        code
        for arm in (arms if isinstance(arms, list) else [])
        if isinstance(arm, dict)
        for _, code in raw_ids(arm.get("products"), "code")
    }
    for path, reference in draft.entries(("safety", "reference_safety"), ReferenceSafety):
        if reference.product not in products:
            yield Finding((*path, "product"), f"{reference.product} is no product of an arm")
    for path, relation in draft.entries(("safety", "relations"), RecordedRelation):
        if relation.product not in products:
            yield Finding((*path, "product"), f"{relation.product} is no product of an arm")
    for path, action in draft.entries(("safety", "actions"), RecordedAction):
        if action.product not in products:
            yield Finding((*path, "product"), f"{action.product} is no product of an arm")
    in_force = {name for _, name in raw_ids(draft.raw_at(("safety", "rule_sets")), "id")}
    for path, exemption in draft.entries(("safety", "exemptions"), ProtocolExemption):
        for index, name in enumerate(exemption.rule_sets):
            if name not in in_force:
                yield Finding((*path, "rule_sets", index), f"{name} is not one of the rule_sets")


def _time_zone_findings(draft: Draft) -> Iterator[Finding]:
    path = ("safety", "receiver_time_zone")
    name = draft.raw_at(path)
    if isinstance(name, str):
        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            yield Finding(path, "is no IANA time zone")
