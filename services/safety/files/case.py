"""A file of one case: its content as reported, the child, doses, and what was judged."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Final, Literal
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from pydantic import Base64Bytes, Field

from services.safety.attachment_schemas import FileName
from services.safety.contents import of_body
from services.safety.domain.attachments import Attachment, faults
from services.safety.domain.case import Report, attachments_of
from services.safety.domain.dosing import Given
from services.safety.domain.facts import Fact, known
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.intake import examine
from services.safety.files.facts import FactWritten, facts_of
from services.safety.files.reading import refuse
from services.safety.intake_schemas import CaseContent
from services.safety.schemas import CASE_PATTERN
from shared.http.models import (
    Code,
    DecimalText,
    Instant,
    IsoDate,
    Model,
    Name,
    SubjectId,
    Text,
    YearMonth,
)
from shared.http.problems import FieldError
from shared.study import StudyDefinition
from shared.study.reporting import Ind, Reporting, ReportSender
from shared.study.safety import Safety

_READ: Final = frozenset({"causality", "coding", "link"})
"""The kinds of facts that a report tells; the others decide when it is due."""


class Dose(Model):
    product: Code
    on: IsoDate
    amount: DecimalText | None = None
    unit: Name | None = None


class AttachmentWritten(Model):
    """A document that the content names by the hash of its bytes."""

    media_type: Name
    file_name: FileName
    content: Annotated[Base64Bytes, Field(description="Base64", max_length=1_000_000, strict=False)]


class Reported(Model):
    """What the sponsor knows of itself and the shipped definition does not hold."""

    sender: ReportSender | None = None
    organisation: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9]{1,40}$")] = None
    ind: Ind | None = None
    cross_reported_inds: tuple[Ind, ...] | None = None


class CaseDocument(Model):
    """One case. ``content`` is what a report of it is made of at the interface; ``facts`` are
    judgements, codes and links; ``narrative`` is the signed one, else the content's is told."""

    study: Code | None = None
    receiver: Code | None = None
    created: Instant | None = None
    number: Annotated[str, Field(pattern=CASE_PATTERN)]
    subject: SubjectId
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    born: YearMonth
    sex: Literal["male", "female"]
    content: CaseContent
    first_received: IsoDate | None = None
    last_received: IsoDate | None = None
    doses: Annotated[list[Dose], Field(default_factory=list, max_length=1000)]
    facts: Annotated[list[FactWritten], Field(default_factory=list, max_length=1000)]
    narrative: Text | None = None
    attachments: Annotated[list[AttachmentWritten], Field(default_factory=list, max_length=50)]
    reporting: Reported | None = None


@dataclass(frozen=True)
class Filed:
    """A case read from a file, ready to be drafted at ``created``."""

    case: CaseFile
    created: datetime


def filed(definition: StudyDefinition, document: CaseDocument, now: datetime) -> Filed:
    """The case of a document; ``now`` where it does not say when its report is created.

    Raises ``InvalidContent`` with every fault, ``ValueError`` where the study takes no cases.
    """
    safety = definition.safety
    if safety is None:
        raise ValueError("a study without a safety section has no cases")
    created = document.created or now
    report = of_body(safety, document.content, created)
    facts = _facts(document, safety, created)
    attached = {sha256(one.content).hexdigest(): _attachment(one) for one in document.attachments}
    refuse(
        [
            *_faults(definition, report, created),
            *_misplaced(document, report),
            *_unattached(document, report, attached),
        ]
    )
    received = _received_on(report)
    return Filed(
        CaseFile(
            number=document.number,
            subject=document.subject,
            country=document.country,
            born=document.born,
            sex=document.sex,
            report=report,
            first_received=document.first_received or received,
            last_received=document.last_received or received,
            facts=facts,
            given=tuple(_given(each) for each in document.doses),
            narrative=document.narrative,
            attachments=attached,
        ),
        created,
    )


def reporting_of(safety: Safety, document: CaseDocument) -> Reporting | None:
    """Who reports, with what the document says of it; None where neither says who."""
    if safety.reporting is None or document.reporting is None:
        return safety.reporting
    said = {
        name: value
        for name in Reported.model_fields
        if (value := getattr(document.reporting, name)) is not None
    }
    return safety.reporting.model_copy(update=said)


def _facts(document: CaseDocument, safety: Safety, created: datetime) -> Sequence[Fact]:
    """The facts that stand when the report is created."""
    case_id = uuid5(NAMESPACE_URL, f"urn:induct:case:{document.number}")
    made = facts_of(case_id, document.facts, safety.receiver_time_zone)
    return known(made, created)


def _faults(definition: StudyDefinition, report: Report, now: datetime) -> list[FieldError]:
    found = examine(definition, report, now)
    return [FieldError(f"/content{each.pointer}", each.code, each.detail) for each in found]


def _misplaced(document: CaseDocument, report: Report) -> list[FieldError]:
    """Facts that no report tells, or of an event that the case does not have."""
    events = {event.number for event in report.events}
    found = []
    for index, fact in enumerate(document.facts):
        if fact.kind not in _READ:
            words = "A report tells causality, coding and link; other facts are for clocks."
            found.append(FieldError(f"/facts/{index}/kind", "fact-not-told", words))
        elif fact.value.get("event", "1") not in events and fact.kind != "link":
            words = "The case has no such event."
            found.append(FieldError(f"/facts/{index}/value/event", "event-unknown", words))
    return found


def _attachment(written: AttachmentWritten) -> Attachment:
    return Attachment(written.media_type, written.file_name, written.content)


def _unattached(
    document: CaseDocument, report: Report, attached: Mapping[str, Attachment]
) -> Iterator[FieldError]:
    """Attachments that are not what they are said to be, and those that are not there."""
    for index, written in enumerate(document.attachments):
        for place, code, words in faults(_attachment(written)):
            yield FieldError(f"/attachments/{index}{place or '/content'}", code, words)
    for place, name in attachments_of(report):
        if name not in attached:
            words = "No attachment of the file has this hash."
            yield FieldError(f"/content{place}", "attachment-unknown", words)


def _received_on(report: Report) -> date:
    return report.received_at.astimezone(ZoneInfo(report.received_zone)).date()


def _given(dose: Dose) -> Given:
    amount = None if dose.amount is None else format(dose.amount, "f")
    return Given(dose.product, dose.on, amount, dose.unit)
