"""Clocks, seriousness criteria and the escalation ladder."""

import zoneinfo
from collections.abc import Iterator

from shared.study.checks.names import duplicate_findings
from shared.study.checks.predicates import predicate_findings, unknown_item
from shared.study.draft import Draft
from shared.study.faults import Finding
from shared.study.safety import CalendarDaysClock, ElapsedHoursClock, SeriousnessCriterion


def safety_findings(draft: Draft) -> Iterator[Finding]:
    """Faults of the safety section."""
    for field, id_field in (
        ("case_items", "id"),
        ("clocks", "id"),
        ("escalation", "id"),
        ("seriousness", "code"),
    ):
        entries = draft.raw_at(("safety", field))
        yield from duplicate_findings(entries, id_field, ("safety", field))
    yield from _time_zone_findings(draft)
    items = draft.items(("safety", "case_items"))
    for path, criterion in draft.entries(("safety", "seriousness"), SeriousnessCriterion):
        yield from unknown_item(criterion.item, (*path, "item"), items)
    for clock_model in (ElapsedHoursClock, CalendarDaysClock):
        for path, clock in draft.entries(("safety", "clocks"), clock_model):
            yield from predicate_findings(clock.trigger, (*path, "trigger"), items)


def _time_zone_findings(draft: Draft) -> Iterator[Finding]:
    path = ("safety", "receiver_time_zone")
    name = draft.raw_at(path)
    if isinstance(name, str):
        try:
            zoneinfo.ZoneInfo(name)
        except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
            yield Finding(path, "is no IANA time zone")
