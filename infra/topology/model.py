"""The topology that template.yaml describes, as the local stack and the tests need it.

Queues, functions and buses are named by their logical ids in the template. All durations are whole
seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from infra.topology.pattern import EventPattern

PackageType: TypeAlias = Literal["Zip", "Image"]


@dataclass(frozen=True)
class Function:
    """A Lambda function.

    ``handler`` is the dotted path of its entry point: ``Handler`` of a zip, the first word of
    ``ImageConfig.Command`` of a container image. ``environment`` holds the names of its variables,
    sorted, not their values.
    """

    logical_id: str
    handler: str
    timeout: int
    package_type: PackageType
    environment: tuple[str, ...]


@dataclass(frozen=True)
class Route:
    """A route of the HTTP API.

    ``method`` is in capitals, or ``ANY``; ``path`` is written as in the template (``/a/{id}``), or
    ``$default``. ``authorizer`` is None where anybody may call. A caller needs any one of
    ``scopes`` (the rule of API Gateway); none are needed where it is empty.
    """

    method: str
    path: str
    function: str
    authorizer: str | None
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Queue:
    """An SQS queue; a dead-letter queue has neither redrive target nor receive count."""

    logical_id: str
    visibility_timeout: int
    max_receive_count: int | None
    dead_letter_queue: str | None


@dataclass(frozen=True)
class RuleTarget:
    """A queue that a rule sends to; retry limits are None where the template leaves the default."""

    target_id: str
    queue: str
    dead_letter_queue: str
    maximum_retry_attempts: int | None
    maximum_event_age: int | None


@dataclass(frozen=True)
class Rule:
    """An EventBridge rule.

    ``bus`` is the logical id of the bus where the template defines it, else its name.
    ``event_pattern`` is the pattern as written, ``pattern`` the same compiled.
    """

    logical_id: str
    bus: str
    event_pattern: Mapping[str, Any]
    pattern: EventPattern
    targets: tuple[RuleTarget, ...]
    enabled: bool


@dataclass(frozen=True)
class Consumer:
    """A function fed from a queue by an event source mapping.

    Without ``report_batch_item_failures`` an answer is ignored and only a raised error fails the
    whole batch.
    """

    function: str
    queue: str
    batch_size: int
    report_batch_item_failures: bool
    enabled: bool


@dataclass(frozen=True)
class Schedule:
    """A schedule of EventBridge Scheduler.

    ``input`` is decoded JSON, None where there is none; ``dead_letter_queue`` is where an
    invocation goes that could not be made, None where it is dropped.
    """

    logical_id: str
    expression: str
    timezone: str
    function: str
    input: Any
    enabled: bool
    dead_letter_queue: str | None


@dataclass(frozen=True)
class Topology:
    """Everything the template says about who is called by what."""

    functions: tuple[Function, ...]
    routes: tuple[Route, ...]
    queues: tuple[Queue, ...]
    rules: tuple[Rule, ...]
    consumers: tuple[Consumer, ...]
    schedules: tuple[Schedule, ...]

    def function(self, logical_id: str) -> Function:
        """The function of that logical id; KeyError where there is none."""
        return {function.logical_id: function for function in self.functions}[logical_id]

    def queue(self, logical_id: str) -> Queue:
        """The queue of that logical id; KeyError where there is none."""
        return {queue.logical_id: queue for queue in self.queues}[logical_id]

    def targets_of(self, bus: str, event: Mapping[str, Any]) -> tuple[str, ...]:
        """The queues an event put on the bus reaches, each once, in the order of the template.

        ``event`` is the whole EventBridge envelope.
        """
        reached = (
            target.queue
            for rule in self.rules
            if rule.enabled and rule.bus == bus and rule.pattern.matches(event)
            for target in rule.targets
        )
        return tuple(dict.fromkeys(reached))
