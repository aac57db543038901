"""The AsyncAPI document: which events there are, who tells them, and who listens."""

from collections.abc import Mapping
from typing import Any

import yaml

from infra.contracts.catalogue import events
from infra.topology import Topology
from shared import __version__
from shared.contracts.envelope import Envelope, EventData


def asyncapi_document(topology: Topology) -> str:
    """The document as YAML (AsyncAPI 3.0)."""
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Induct events",
            "version": __version__,
            "description": "CloudEvents 1.0 in the Detail of EventBridge entries. No event carries "
            "an arm, a birth date or free text. Delivered at least once, in no promised order: "
            "a reader keeps the ids it has seen and compares versions.",
        },
        "channels": {_name(event): _channel(event, topology) for event in events()},
        "operations": {
            f"{event.source}Sends{event.__name__}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{_name(event)}"},
            }
            for event in events()
        },
        "components": {
            "messages": {event.__name__: _message(event) for event in events()},
            "schemas": {"Envelope": Envelope.model_json_schema()},
        },
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def _name(event: type[EventData]) -> str:
    return event.type.replace(".", "_")


def _channel(event: type[EventData], topology: Topology) -> dict[str, Any]:
    return {
        "address": event.type,
        "description": " ".join((event.__doc__ or "").split()),
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        "x-consumers": list(_consumers(event, topology)),
    }


def _message(event: type[EventData]) -> dict[str, Any]:
    return {
        "name": event.type,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Envelope"},
        "payload": event.model_json_schema(mode="serialization"),
    }


def _consumers(event: type[EventData], topology: Topology) -> tuple[str, ...]:
    """Queues that may get this event. Conditions on its data are the rules' own."""
    return tuple(
        target.queue
        for rule in topology.rules
        if _may_match(rule.event_pattern, event)
        for target in rule.targets
    )


def _may_match(pattern: Mapping[str, Any], event: type[EventData]) -> bool:
    return f"induct.{event.source}" in pattern.get("source", []) and event.type in pattern.get(
        "detail-type", []
    )
