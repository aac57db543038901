"""What an event looks like on the bus: CloudEvents 1.0 attributes around facts and ids.

No event carries an arm, a birth date or free text: the bus has open consumers.
"""

import uuid
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

SPEC_VERSION = "1.0"


class EventData(BaseModel):
    """Base of all event contracts. ``type`` and ``source`` are fixed a class; fields are facts."""

    # A reader of an older contract ignores what a newer one adds.
    # Built at first use: a service imports the contracts of events it may never see.
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    type: ClassVar[str]
    source: ClassVar[str]
    data_version: ClassVar[str]

    def about(self) -> str:
        """What the event is about: the CloudEvents ``subject`` within the study."""
        raise NotImplementedError


class Envelope(BaseModel):
    """CloudEvents attributes as they stand in an EventBridge entry's Detail."""

    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    specversion: str = Field(description="CloudEvents version, 1.0")
    id: uuid.UUID = Field(description="The same at every repeat of the event")
    source: str = Field(description="urn:induct:<service>")
    type: str = Field(description="What happened, in the past tense")
    subject: str = Field(description="<study>/<what it is about>")
    time: datetime = Field(description="When it happened")
    study: str
    version: int = Field(description="Counts the events of this source about this subject")
    dataschema: str = Field(description="Name and version of the JSON Schema of data")
    traceparent: str | None = Field(
        default=None, description="W3C Trace Context of what the event was published by"
    )
    data: dict[str, Any]


def envelope(
    data: EventData, *, study: str, time: datetime, traceparent: str | None = None
) -> dict[str, Any]:
    """The event as JSON-ready CloudEvents attributes, but for ``id`` and ``version``: those are
    the outbox's to give. ``traceparent`` is CloudEvents' extension for distributed tracing."""
    content = {
        "specversion": SPEC_VERSION,
        "source": f"urn:induct:{data.source}",
        "type": data.type,
        "subject": f"{study}/{data.about()}",
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "study": study,
        "dataschema": f"{data.type}/{data.data_version}",
        "datacontenttype": "application/json",
        "data": data.model_dump(mode="json"),
    }
    return content if traceparent is None else content | {"traceparent": traceparent}
