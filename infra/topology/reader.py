"""Reads template.yaml into a ``Topology`` and refuses one that cannot run."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.topology.errors import TopologyError
from infra.topology.functions import check_event_types, read_functions, read_routes
from infra.topology.loader import load_template
from infra.topology.messaging import (
    read_bus_dead_letters,
    read_consumers,
    read_queues,
    read_rules,
)
from infra.topology.model import Topology
from infra.topology.schedules import read_schedules
from infra.topology.template import Template

# Resources that would serve or carry events on AWS and that nothing here reads.
_UNREAD_TYPES = (
    "AWS::ApiGatewayV2::Route",
    "AWS::Pipes::Pipe",
    "AWS::SNS::Subscription",
    "AWS::Serverless::Api",
)


def read_topology(path: Path, parameters: Mapping[str, str] | None = None) -> Topology:
    """Read the topology out of a CloudFormation or SAM template.

    ``parameters`` override the defaults of the template's parameters.

    Raises:
        TemplateError: the file is not a readable template.
        TopologyError: the topology cannot run; all faults are listed.
    """
    template = Template(load_template(path), parameters or {})
    topology = Topology(
        functions=tuple(read_functions(template)),
        routes=tuple(read_routes(template)),
        queues=tuple(read_queues(template)),
        rules=tuple(read_rules(template)),
        consumers=tuple(read_consumers(template)),
        schedules=tuple(read_schedules(template)),
    )
    check_event_types(template)
    faults = [
        *template.faults,
        *(f"{one.logical_id}: {one.kind} is not read" for one in template.of_kind(*_UNREAD_TYPES)),
        *_queue_faults(topology, frozenset(read_bus_dead_letters(template))),
        *_consumer_faults(topology),
    ]
    if faults:
        raise TopologyError(list(dict.fromkeys(faults)))
    return topology


def _queue_faults(topology: Topology, of_buses: frozenset[str]) -> Iterator[str]:
    targets = [target for rule in topology.rules for target in rule.targets]
    dead_letter_queues = {queue.dead_letter_queue for queue in topology.queues}
    dead_letter_queues |= {target.dead_letter_queue for target in targets}
    dead_letter_queues |= {schedule.dead_letter_queue for schedule in topology.schedules}
    dead_letter_queues |= of_buses
    work_queues = {target.queue for target in targets}
    work_queues |= {consumer.queue for consumer in topology.consumers}
    for queue in topology.queues:
        name = queue.logical_id
        if name in work_queues and name in dead_letter_queues:
            yield f"{name}: is used both for work and for dead letters"
        if name not in dead_letter_queues and queue.dead_letter_queue is None:
            yield f"{name}: has no dead-letter queue"


def _consumer_faults(topology: Topology) -> Iterator[str]:
    consumers = Counter(consumer.queue for consumer in topology.consumers)
    for rule in topology.rules:
        for target in rule.targets:
            if target.queue and target.queue not in consumers:
                yield f"{rule.logical_id}: no function consumes its queue {target.queue}"
    for queue, count in consumers.items():
        if count > 1:
            yield f"{queue}: has {count} consumers, which would take each other's messages"
    timeouts = {function.logical_id: function.timeout for function in topology.functions}
    visibility = {queue.logical_id: queue.visibility_timeout for queue in topology.queues}
    for consumer in topology.consumers:
        needed = timeouts.get(consumer.function, 0)
        if visibility.get(consumer.queue, needed) < needed:
            # Lambda refuses such a mapping: a message would reappear while it is worked on.
            yield (
                f"{consumer.queue}: VisibilityTimeout is shorter than the timeout of"
                f" {consumer.function} ({needed} s)"
            )
