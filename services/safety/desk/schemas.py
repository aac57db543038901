"""What the desk's system sends, by type; and what is shown of its messages, numbers and queries."""

from typing import Annotated, Any, Literal

from pydantic import Field

from services.safety.case_schemas import CaseNumber
from services.safety.judgement_schemas import (
    CausalityJudgement,
    EventNumber,
    ExpectednessJudgement,
)
from services.safety.schemas import Zone
from services.safety.submission_schemas import Uuid
from services.safety.webhooks.rules import rules
from shared.http.models import Instant, Model, Name, Network, Reason, SiteId, StudyId, Text
from shared.identity.networks import MOST

Reference = Annotated[str, Field(pattern=r"^[!-~]{1,100}$", examples=["DESK-2026-0007"])]


class SignedInDesk(Model):
    """Who signed it in the desk's system, and when: the printed name and the time of 11.50."""

    name: Name
    at: Instant


class _AboutCase(Model):
    case_number: CaseNumber


class NumberAssigned(_AboutCase):
    desk_number: Reference


class SponsorJudged(_AboutCase):
    """``version`` is that of the case which was judged: a judgement of another is not taken."""

    version: Annotated[int, Field(ge=1)]
    judgement: Annotated[CausalityJudgement | ExpectednessJudgement, Field(discriminator="kind")]
    signed: SignedInDesk


class QueryRaised(_AboutCase):
    query_id: Reference
    event: EventNumber | None = None
    question: Text


class QueryClosed(_AboutCase):
    query_id: Reference
    reason: Reason


class ReportSubmitted(_AboutCase):
    """A report that the desk's own gateway sent. ``reference`` is what its answer will name."""

    reference: Reference
    authority: Annotated[str, Field(min_length=1, max_length=40, examples=["EU"])]
    obligations: Annotated[list[Uuid], Field(min_length=1, max_length=20)]
    sent_at: Instant
    zone: Zone | None = None
    complete: bool
    signed: SignedInDesk


class ReportAnswered(_AboutCase):
    """The authority's answer to a report of that reference."""

    reference: Reference
    accepted: bool
    received_at: Instant
    acknowledgement: Reference | None = None


class _Message(Model):
    """As Standard Webhooks lay a message out."""

    timestamp: Instant


class NumberAssignedMessage(_Message):
    type: Literal["case.number_assigned"]
    data: NumberAssigned


class SponsorJudgedMessage(_Message):
    type: Literal["case.judged"]
    data: SponsorJudged


class QueryRaisedMessage(_Message):
    type: Literal["query.raised"]
    data: QueryRaised


class QueryClosedMessage(_Message):
    type: Literal["query.closed"]
    data: QueryClosed


class ReportSubmittedMessage(_Message):
    type: Literal["report.submitted"]
    data: ReportSubmitted


class ReportAnsweredMessage(_Message):
    type: Literal["report.answered"]
    data: ReportAnswered


Said = Annotated[
    NumberAssignedMessage
    | SponsorJudgedMessage
    | QueryRaisedMessage
    | QueryClosedMessage
    | ReportSubmittedMessage
    | ReportAnsweredMessage,
    Field(discriminator="type"),
]


class Taken(Model):
    """The answer to a message; the same to its repeat."""

    message_id: str
    state: Literal["applied"]
    case_number: str


Networks = Annotated[list[Network], Field(max_length=MOST)]


class SenderRequest(Model):
    """A system of the desk that is to call us. ``networks`` are those that it sends from; none:
    any."""

    name: Name
    networks: Networks = Field(default=[])


class NetworksBound(Model):
    """From which networks a sender may send, from now. None: from any."""

    networks: Networks
    reason: Reason


class SecretRotation(Model):
    """How long the secrets so far hold beside the new one."""

    overlap_hours: Annotated[int, Field(ge=0, le=int(rules().most_overlap.total_seconds() // 3600))]


class DeskSender(Model):
    """``secrets`` says until when each valid one holds; null: until it is rotated. ``networks`` are
    those that it may send from; none: any."""

    sender_id: str
    study: StudyId
    name: str
    state: Literal["requested", "active", "retired"]
    requested_by: str
    requested_at: Instant
    approved_by: str | None
    secrets: list[Instant | None]
    networks: list[str] = Field(default=[])


class DeskSenderWithSecret(DeskSender):
    """``secret`` is shown to the request that had it made, and for a day to its repeat."""

    secret: Annotated[str | None, Field(description="whsec_ and base64")] = None


class DeskSenders(Model):
    items: list[DeskSender]


class DeskMessage(Model):
    """A message that came. ``problem`` is why it is parked (RFC 9457)."""

    message_id: str
    sender_id: str
    type: str
    case_number: str
    state: Literal["applied", "parked", "settled"]
    problem: dict[str, Any] | None
    attempts: int
    received_at: Instant
    body: str
    settled_at: Instant | None
    settled_by: str | None
    settled_reason: str | None


class DeskMessages(Model):
    items: list[DeskMessage]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class Settlement(Model):
    """What was done about a parked message, in words. It is taken no more after that."""

    message_id: Annotated[str, Field(pattern=r"^[!-~]{1,200}$")]
    reason: Reason


class QueryAnswer(Model):
    """The answer to a query about the case. What is new about the case goes into a follow-up."""

    query_id: Reference
    answer: Text


class QueryAnswerShown(Model):
    answer: str
    answered_at: Instant
    actor: str
    role: str


class DeskQuery(Model):
    """A question of the desk about a case. Closed by the desk, whether answered or not."""

    query_id: str
    case_number: str
    site: SiteId
    event: str | None
    question: str
    raised_at: Instant
    answers: list[QueryAnswerShown]
    closed_at: Instant | None
    closing: str | None


class DeskQueries(Model):
    items: list[DeskQuery]
    next: str | None = Field(default=None, description="Give it as ?after= to read on")


class DeskFile(Model):
    """What the desk's system says of a case beside its content."""

    case_number: str
    desk_number: str | None
    queries: list[DeskQuery]
