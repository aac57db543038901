"""The topology of the deployment, read from template.yaml, its only description.

``read_topology`` gives functions, routes, queues, rules, consumers and schedules; ``next_fire`` and
``EventPattern`` give schedules and rules the meaning that they have on AWS.
"""

from infra.topology.errors import (
    PatternError,
    ScheduleError,
    ScheduleExhaustedError,
    TemplateError,
    TopologyError,
)
from infra.topology.model import (
    Consumer,
    Function,
    Queue,
    Route,
    Rule,
    RuleTarget,
    Schedule,
    Topology,
)
from infra.topology.pattern import EventPattern, compile_pattern
from infra.topology.reader import read_topology
from infra.topology.schedule import next_fire, parse_schedule

__all__ = [
    "Consumer",
    "EventPattern",
    "Function",
    "PatternError",
    "Queue",
    "Route",
    "Rule",
    "RuleTarget",
    "Schedule",
    "ScheduleError",
    "ScheduleExhaustedError",
    "TemplateError",
    "Topology",
    "TopologyError",
    "compile_pattern",
    "next_fire",
    "parse_schedule",
    "read_topology",
]
