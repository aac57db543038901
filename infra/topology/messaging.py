"""Reads queues, rules and consumers out of a template."""

from collections.abc import Iterator

from infra.topology.errors import PatternError
from infra.topology.functions import sam_events
from infra.topology.model import Consumer, Queue, Rule, RuleTarget
from infra.topology.pattern import EventPattern, compile_pattern
from infra.topology.section import Section
from infra.topology.template import Reference, Template

# Source: Amazon SQS and AWS Lambda API references (CreateQueue, CreateEventSourceMapping).
_DEFAULT_VISIBILITY = 30
_LONGEST_VISIBILITY = 43_200
_MOST_RECEIVES = 1_000
_DEFAULT_BATCH = 10
# Above ten messages Lambda wants a batching window, which the local stack does not have.
_LARGEST_BATCH = 10
# Source: Amazon EventBridge API reference, RetryPolicy.
_MOST_RETRIES = 185
_LEAST_EVENT_AGE = 60
_MOST_EVENT_AGE = 86_400
_MOST_TARGETS = 5

_NOTHING_MATCHES = compile_pattern({"source": [""]})


def read_queues(template: Template) -> Iterator[Queue]:
    """Every queue of the template, dead-letter queues included."""
    for resource in template.of_kind("AWS::SQS::Queue"):
        properties = Section(template, resource.logical_id, resource.properties)
        if properties.flag("FifoQueue", default=False):
            properties.fault("FifoQueue is not supported")
        dead_letter_queue, receives = None, None
        if "RedrivePolicy" in properties:
            redrive = properties.section("RedrivePolicy")
            dead_letter_queue = redrive.queue("deadLetterTargetArn")
            receives = redrive.integer("maxReceiveCount", None, 1, _MOST_RECEIVES)
            if dead_letter_queue == resource.logical_id:
                redrive.fault("a queue cannot be its own dead-letter queue")
        visibility = properties.integer(
            "VisibilityTimeout", _DEFAULT_VISIBILITY, 0, _LONGEST_VISIBILITY
        )
        yield Queue(resource.logical_id, visibility, receives, dead_letter_queue)


def read_rules(template: Template) -> Iterator[Rule]:
    """Every EventBridge rule of the template with its queues."""
    for resource in template.of_kind("AWS::Events::Rule"):
        properties = Section(template, resource.logical_id, resource.properties)
        properties.refuse("ScheduleExpression")
        state = properties.choice("State", "ENABLED", ("ENABLED", "DISABLED"))
        pattern = _pattern(properties)
        yield Rule(
            logical_id=resource.logical_id,
            bus=_bus(template, properties),
            event_pattern=pattern.source,
            pattern=pattern,
            targets=_targets(properties),
            enabled=state == "ENABLED",
        )


def _bus(template: Template, rule: Section) -> str:
    value = rule.value("EventBusName", "default")
    if isinstance(value, Reference):
        if template.kind_of(value.logical_id) != "AWS::Events::EventBus":
            rule.fault(f"EventBusName refers to {value.logical_id}, which is no event bus")
        return value.logical_id
    return rule.text("EventBusName", "default")


def _pattern(rule: Section) -> EventPattern:
    try:
        return compile_pattern(rule.value("EventPattern", {}))
    except PatternError as error:
        rule.fault(f"EventPattern: {error}")
        return _NOTHING_MATCHES


def _targets(rule: Section) -> tuple[RuleTarget, ...]:
    targets = tuple(_target(section) for section in rule.sections("Targets"))
    if not 1 <= len(targets) <= _MOST_TARGETS:
        rule.fault(f"a rule needs one to {_MOST_TARGETS} targets, not {len(targets)}")
    if len({target.target_id for target in targets}) < len(targets):
        rule.fault("the ids of its targets must differ")
    return targets


def _target(section: Section) -> RuleTarget:
    # Consumers expect the whole envelope, and so does the local bus.
    section.refuse("InputTransformer", "InputPath", "Input", "SqsParameters")
    queue = section.queue("Arn")
    retry = section.section("RetryPolicy")
    attempts, age = None, None
    if "MaximumRetryAttempts" in retry:
        attempts = retry.integer("MaximumRetryAttempts", None, 0, _MOST_RETRIES)
    if "MaximumEventAgeInSeconds" in retry:
        age = retry.integer("MaximumEventAgeInSeconds", None, _LEAST_EVENT_AGE, _MOST_EVENT_AGE)
    # Without one, EventBridge drops what it cannot deliver.
    dead_letter_queue = section.section("DeadLetterConfig").queue("Arn")
    return RuleTarget(section.text("Id"), queue, dead_letter_queue, attempts, age)


def read_bus_dead_letters(template: Template) -> Iterator[str]:
    """The queues where a bus leaves what it cannot lock or unlock: a matter of AWS' keys alone, so
    nothing ever lies there on one machine."""
    for resource in template.of_kind("AWS::Events::EventBus"):
        properties = Section(template, resource.logical_id, resource.properties)
        if "DeadLetterConfig" in properties:
            yield properties.section("DeadLetterConfig").queue("Arn")


def read_consumers(template: Template) -> Iterator[Consumer]:
    """Every pair of queue and function, from SAM events and event source mappings."""
    for event in sam_events(template, "SQS"):
        yield _consumer(event.properties, event.function, event.properties.queue("Queue"))
    for resource in template.of_kind("AWS::Lambda::EventSourceMapping"):
        properties = Section(template, resource.logical_id, resource.properties)
        function = properties.function("FunctionName", by_name=True)
        yield _consumer(properties, function, properties.queue("EventSourceArn"))


def _consumer(properties: Section, function: str, queue: str) -> Consumer:
    properties.refuse("FilterCriteria")
    answers = properties.texts("FunctionResponseTypes")
    return Consumer(
        function=function,
        queue=queue,
        batch_size=properties.integer("BatchSize", _DEFAULT_BATCH, 1, _LARGEST_BATCH),
        report_batch_item_failures="ReportBatchItemFailures" in answers,
        enabled=properties.flag("Enabled", default=True),
    )
