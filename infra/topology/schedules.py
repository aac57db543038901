"""Reads schedules out of a template."""

import json
from collections.abc import Iterator
from typing import Any

from infra.topology.errors import ScheduleError
from infra.topology.functions import sam_events
from infra.topology.model import Schedule
from infra.topology.schedule import parse_schedule
from infra.topology.section import Section
from infra.topology.template import Template


def read_schedules(template: Template) -> Iterator[Schedule]:
    """Every schedule of the template, from SAM events and EventBridge Scheduler resources.

    SAM names the schedule of an event by the function and the event, and so does ``logical_id``.
    """
    for event in sam_events(template, "ScheduleV2"):
        logical_id = event.function + event.name
        yield _schedule(logical_id, event.properties, event.properties, event.function)
    for resource in template.of_kind("AWS::Scheduler::Schedule"):
        properties = Section(template, resource.logical_id, resource.properties)
        target = properties.section("Target")
        yield _schedule(resource.logical_id, properties, target, target.function("Arn"))


def _schedule(logical_id: str, when: Section, what: Section, function: str) -> Schedule:
    when.refuse("StartDate", "EndDate")
    expression = when.text("ScheduleExpression")
    timezone = when.text("ScheduleExpressionTimezone", "UTC")
    try:
        parse_schedule(expression, timezone)
    except ScheduleError as error:
        when.fault(f"ScheduleExpression: {error}")
    state = when.choice("State", "ENABLED", ("ENABLED", "DISABLED"))
    return Schedule(
        logical_id=logical_id,
        expression=expression,
        timezone=timezone,
        function=function,
        input=_input(what),
        enabled=state == "ENABLED",
        dead_letter_queue=_dead_letters(what),
    )


def _dead_letters(what: Section) -> str | None:
    if "DeadLetterConfig" not in what:
        return None
    return what.section("DeadLetterConfig").queue("Arn") or None


def _input(what: Section) -> Any:
    if "Input" not in what:
        return None
    text = what.text("Input")
    try:
        return json.loads(text)
    except ValueError:
        what.fault("Input must be a JSON document")
        return None
