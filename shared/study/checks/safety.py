"""Clocks, seriousness criteria and the escalation ladder."""

import zoneinfo
from collections.abc import Iterator

from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import predicate_findings, unknown_item
from shared.study.draft import Draft
from shared.study.faults import Finding
from shared.study.safety import Safety


def safety_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of the safety section."""
    safety = draft.section("safety", Safety)
    if safety is None:
        return
    items = {item.id: item for item in safety.case_items}
    yield from _duplicates(safety)
    try:
        zoneinfo.ZoneInfo(safety.receiver_time_zone)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        yield Finding(("safety", "receiver_time_zone"), "is no IANA time zone")
    for index, criterion in enumerate(safety.seriousness):
        yield from unknown_item(criterion.item, ("safety", "seriousness", index, "item"), items)
    for index, clock in enumerate(safety.clocks):
        yield from predicate_findings(clock.trigger, ("safety", "clocks", index, "trigger"), items)


def _duplicates(safety: Safety) -> Iterator[Finding]:
    lists = {
        "case_items": [{"id": item.id} for item in safety.case_items],
        "clocks": [{"id": clock.id} for clock in safety.clocks],
        "escalation": [{"id": step.id} for step in safety.escalation],
    }
    for name, entries in lists.items():
        yield from duplicate_findings(entries, "id", ("safety", name))
    codes = [{"code": criterion.code} for criterion in safety.seriousness]
    yield from duplicate_findings(codes, "code", ("safety", "seriousness"))
