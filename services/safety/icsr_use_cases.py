"""The expedited report of a case as a document: E2B(R3), and the CIOMS I form."""

from services.safety import (
    drafting_service,
    errors,
    fact_repository,
    repository,
    version_service,
)
from services.safety.contents import of_row
from services.safety.dictionary_service import loaded_terms, needed_terms
from services.safety.domain.telling import Told
from services.safety.e2b.rules.issues import Profile
from services.safety.icsr_schemas import Coded, Coding, GateItem, IcsrDraft, IcsrIssue
from services.safety.repository import Row
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import FieldError


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
    drafted = drafting_service.drafted_for(work, case, versions, receiver_id)
    receiver, batch, context = drafted.receiver, drafted.batch, drafted.context
    try:
        schemas = schema_set()
    except SchemasMissingError:
        schemas = None
    raw = generate(batch)
    found = judge_draft(raw, batch, Profile(receiver.profile), context, schemas)
    items = (
        gate(batch.messages[0], susar=context.susar, reported=context.initial is False)
        if receiver.profile == "eu_ctr"
        else ()
    )
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
    receiver = drafting_service.reporting_of(work).receivers[0]
    drafted = drafting_service.drafted(work, case, versions, receiver)
    form = cioms_form(
        drafted.batch.messages[0].report,
        report_date=work.now.date(),
        follow_up=len(versions) > 1,
        terms=_term_of,
    )
    try:
        return file_name(form), cioms_pdf(form)
    except MissingGlyphError:
        raise errors.NotPrintable from None


def _term_of(code: str) -> str | None:
    terms = loaded_terms()
    found = None if terms is None else terms.term(code)
    return None if found is None else found.name


def code_event(work: UnitOfWork, number: str, body: Coding) -> Coded:
    """Code an event by the loaded version of MedDRA; an earlier code of it stays in the past.

    Raises ``NotFound``, ``CaseNullified``, ``NoTerminology``, ``CodingRefused``.
    """
    terms = needed_terms()
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


def _case(work: UnitOfWork, number: str) -> tuple[Row, list[Row]]:
    case = version_service.found(repository.find_case(work, number))
    return case, repository.versions(work, case["case_id"])
