"""The expedited report of a case as a document: E2B(R3), and the CIOMS I form."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import date

from services.safety import (
    errors,
    fact_repository,
    icsr_repository,
    narrative_repository,
    obligation_service,
    repository,
    version_service,
)
from services.safety.contents import of_row
from services.safety.domain.facts import Fact, known
from services.safety.domain.icsr_draft import CaseFile, Given, draft
from services.safety.domain.telling import Told
from services.safety.e2b.model import Batch
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.terminology.configured import terminology
from services.safety.icsr_schemas import Coded, Coding, GateItem, IcsrDraft, IcsrIssue
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError, NotFound
from shared.study.anchors import RecordAnchor
from shared.study.reporting import Receiver, Reporting

_NEWS = frozenset({"receipt", "criterion", "follow_up"})


def read_icsr(work: UnitOfWork, number: str, receiver_id: str) -> IcsrDraft:
    """The report for a receiver as it would be sent now, with every rule that it does not keep.

    A draft always renders. Raises ``NotFound``, ``NoReporting``, ``ReceiverUnknown``.
    """
    # Imported here: lxml is no part of intake, whose cold start must stay short.
    from services.safety.e2b.generate import generate
    from services.safety.e2b.rules.eu import gate
    from services.safety.e2b.schema import SchemasMissingError, schema_set
    from services.safety.e2b.validation import judge_draft

    case, versions = _case(work, number)
    receiver, batch, susar = drafted_for(work, case, versions, receiver_id)
    context = Context(now=work.now, susar=susar, terminology=terminology())
    try:
        schemas = schema_set()
    except SchemasMissingError:
        schemas = None
    raw = generate(batch)
    found = judge_draft(raw, batch, Profile(receiver.profile), context, schemas)
    items = gate(batch.messages[0], susar=susar) if receiver.profile == "eu_ctr" else ()
    return IcsrDraft(
        case_number=number,
        version=versions[-1]["version"],
        receiver=receiver.id,
        profile=receiver.profile,
        sha256=found.sha256,
        rule_set=found.rule_set,
        schema_set=found.schema_set,
        terminology=found.terminology,
        may_be_sent=schemas is not None and found.may_be_sent and all(each.held for each in items),
        issues=[
            IcsrIssue(
                id=each.id,
                severity=each.severity.value,
                element=each.element,
                path=each.path,
                section=each.section,
                text=each.text,
            )
            for each in found.issues
        ],
        gate=[GateItem(id=each.id, held=each.held) for each in items],
        document=raw.decode("utf-8"),
    )


def read_cioms(work: UnitOfWork, number: str) -> tuple[str, bytes]:
    """The CIOMS I form of the case as it stands: a name for the file, and the PDF.

    Raises ``NotFound``, ``NoReporting``, ``NotPrintable``.
    """
    from services.safety.documents.cioms import cioms_pdf, file_name
    from services.safety.documents.from_report import cioms_form
    from services.safety.documents.glyphs import MissingGlyphError

    case, versions = _case(work, number)
    receiver = _reporting(work).receivers[0]
    batch, _ = _drafted(work, case, versions, receiver)
    form = cioms_form(
        batch.messages[0].report,
        report_date=work.now.date(),
        follow_up=len(versions) > 1,
    )
    try:
        return file_name(form), cioms_pdf(form)
    except MissingGlyphError:
        raise errors.NotPrintable from None


def code_event(work: UnitOfWork, number: str, body: Coding) -> Coded:
    """Code an event by the loaded version of MedDRA; an earlier code of it stays in the past.

    Raises ``NotFound``, ``CaseNullified``, ``NoTerminology``, ``CodingRefused``.
    """
    terms = terminology()
    if terms is None:
        raise errors.NoTerminology
    case, rows, facts = version_service.changeable(work, number)
    if all(each.number != body.event for each in of_row(rows[-1]).events):
        raise _refused("/event", "event-unknown", "The case has no such event.")
    fault, term = terms.fault(body.code), terms.term(body.code)
    if fault is not None or term is None:
        raise _refused("/code", "term-refused", fault or "There is no such term.")
    value = {
        "event": body.event, "code": term.code, "version": terms.version, "name": term.name,
    }  # fmt: skip
    before = [f for f in facts if f.kind == "coding" and f.value["event"] == body.event]
    work.because(body.reason)
    zone = version_service.safety_of(work).receiver_time_zone
    told = Told("coding", value, work.now, zone, version_service.source_of(work),
                supersedes=before[-1] if before else None)  # fmt: skip
    fact_repository.add(work, case, [told], reason=body.reason)
    return Coded(**value)


def _refused(pointer: str, code: str, detail: str) -> errors.CodingRefused:
    return errors.CodingRefused(errors=[FieldError(pointer, code, detail)])


def drafted_for(
    work: UnitOfWork, case: Row, versions: Sequence[Row], receiver_id: str
) -> tuple[Receiver, Batch, bool]:
    """The receiver, the draft for it, and whether the case is a SUSAR to its authority.

    Raises ``NoReporting``, ``ReceiverUnknown``, ``CountryUnknown``.
    """
    receiver = _receiver(_reporting(work), receiver_id)
    return receiver, *_drafted(work, case, versions, receiver)


def _case(work: UnitOfWork, number: str) -> tuple[Row, list[Row]]:
    case = version_service.found(repository.find_case(work, number))
    return case, repository.versions(work, case["case_id"])


def _reporting(work: UnitOfWork) -> Reporting:
    found = version_service.safety_of(work).reporting
    if found is None:
        raise errors.NoReporting
    return found


def _receiver(reporting: Reporting, receiver_id: str) -> Receiver:
    for each in reporting.receivers:
        if each.id == receiver_id:
            return each
    raise errors.ReceiverUnknown


def _drafted(
    work: UnitOfWork, case: Row, versions: Sequence[Row], receiver: Receiver
) -> tuple[Batch, bool]:
    """The draft, and whether the case is a SUSAR to the receiver's authority."""
    definition = work.definition()
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    owed = obligation_service.owed(case["case_id"], facts, definition, work.now)
    susar = any(
        each.outcome == "susar" for each in owed.ruled if each.authority == receiver.authority
    )
    file = _case_file(work, case, versions, facts)
    return draft(definition, _reporting(work), receiver, file, work.now), susar


def _case_file(
    work: UnitOfWork, case: Row, versions: Sequence[Row], facts: Sequence[Fact]
) -> CaseFile:
    child = icsr_repository.subject(work, case["subject_id"])
    if child is None:
        raise NotFound
    if child["country"] is None:
        raise errors.CountryUnknown
    report = of_row(versions[-1])
    # News of the case; what this side makes of it (a judgement, a code) is received from nobody.
    # A correction is no news either.
    news = [
        fact.received_on
        for fact in facts
        if fact.kind in _NEWS and not fact.value.get("correction")
    ]
    return CaseFile(
        number=case["case_number"],
        subject=case["subject_id"],
        country=child["country"],
        born=child["birth_year_month"],
        sex=child["sex"],
        report=report,
        first_received=min(news),
        last_received=max(news),
        facts=facts,
        given=tuple(_given(work, case["subject_id"])),
        narrative=_signed(work, case["case_id"]),
    )


def _given(work: UnitOfWork, subject: str) -> Iterator[Given]:
    """The doses given, by the records that date the first dose of the study."""
    definition = work.definition()
    rule = definition.analysis.received
    if rule is None:
        return
    anchor = definition.anchor(rule.anchor)
    if not isinstance(anchor, RecordAnchor):
        return
    for items in icsr_repository.records(work, subject, anchor.select.form):
        day: date | None = icsr_repository.read_day(items.get(anchor.select.date))
        product = items.get(rule.product)
        if day is not None and product is not None and items.get("given") != "false":
            yield Given(product, day, items.get("amount"), items.get("amount_unit"))


def _signed(work: UnitOfWork, case_id: uuid.UUID) -> str | None:
    """The narrative that was signed last."""
    signed = narrative_repository.of_case(work, case_id)
    return signed[-1]["body"] if signed else None
