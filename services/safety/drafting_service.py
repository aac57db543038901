"""The draft of a case's report to a receiver, and what its rules must know beside it."""

import uuid
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from services.safety import (
    attachment_repository,
    dose_repository,
    drug_repository,
    errors,
    fact_repository,
    icsr_repository,
    narrative_repository,
    obligation_service,
    version_service,
)
from services.safety.case_life import is_nullified
from services.safety.contents import of_row
from services.safety.dictionary_service import loaded_terms
from services.safety.domain.case import attachments_of
from services.safety.domain.codes import Kept, codes
from services.safety.domain.facts import Fact, known
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_change import Correction, Told, change, is_news
from services.safety.domain.icsr_draft import draft
from services.safety.e2b.identity import case_number
from services.safety.e2b.model import Batch
from services.safety.e2b.rules.issues import Context
from services.safety.linked_service import linked_numbers, nullified_duplicates
from services.safety.repository import Row
from services.safety.told_before import before
from shared.database.unit_of_work import UnitOfWork
from shared.http.problems import NotFound
from shared.study.reporting import Receiver, Reporting


@dataclass(frozen=True)
class Drafted:
    """The draft for a receiver, and what the rules must know that it does not say itself."""

    receiver: Receiver
    batch: Batch
    context: Context


def drafted_for(work: UnitOfWork, case: Row, versions: Sequence[Row], receiver_id: str) -> Drafted:
    """The draft for a receiver, by what that one has of the case.

    Raises ``NoReporting``, ``ReceiverUnknown``, ``CountryUnknown``.
    """
    return drafted(work, case, versions, _receiver(reporting_of(work), receiver_id))


def reporting_of(work: UnitOfWork) -> Reporting:
    found = version_service.safety_of(work).reporting
    if found is None:
        raise errors.NoReporting
    return found


def _receiver(reporting: Reporting, receiver_id: str) -> Receiver:
    for each in reporting.receivers:
        if each.id == receiver_id:
            return each
    raise errors.ReceiverUnknown


def drafted(work: UnitOfWork, case: Row, versions: Sequence[Row], receiver: Receiver) -> Drafted:
    definition = work.definition()
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    susar = obligation_service.is_susar_to(
        receiver.authority, case["case_id"], facts, definition, work.now
    )
    kept = [Kept(row["recorded_at"], of_row(row)) for row in versions]
    void = {each.event for each in codes(facts, kept).values() if each.void is not None}
    had = before(work, case["case_number"], receiver, facts)
    reporting = reporting_of(work)
    file = replace(
        _case_file(work, case, versions, _without_codes_of(void, facts), had.told),
        numbers=linked_numbers(work, facts, receiver, reporting),
        duplicates=nullified_duplicates(work, case["case_number"], receiver, reporting),
    )
    batch = draft(definition, reporting, receiver, file, work.now)
    reactions = zip(batch.messages[0].report.e_i, file.report.events, strict=True)
    terms = loaded_terms()
    context = Context(
        now=work.now,
        initial=had.told is None,
        previous=had.previous,
        terminology=terms,
        meddra_in_force=None if terms is None else terms.version,
        susar=susar,
        nullified=is_nullified(facts),
        to_code_again=frozenset(
            one.entity for one, event in reactions if one.entity and event.number in void
        ),
    )
    return Drafted(receiver, batch, context)


def _without_codes_of(events: Container[str], facts: Sequence[Fact]) -> tuple[Fact, ...]:
    return tuple(f for f in facts if f.kind != "coding" or f.value["event"] not in events)


def _case_file(
    work: UnitOfWork,
    case: Row,
    versions: Sequence[Row],
    facts: Sequence[Fact],
    told: Told | None,
) -> CaseFile:
    subject = case["subject_id"]
    child = icsr_repository.subject(work, subject)
    if child is None:
        raise NotFound
    if child["country"] is None:
        raise errors.CountryUnknown
    report = of_row(versions[-1])
    news = [fact.received_on for fact in facts if is_news(fact)]
    corrections = [
        Correction(row["reason"], row["recorded_at"])
        for row in versions
        if row["kind"] == "amendment"
    ]
    nullified = _nullified(work, child["country"], versions, facts)
    return CaseFile(
        number=case["case_number"],
        subject=subject,
        country=child["country"],
        born=child["birth_year_month"],
        sex=child["sex"],
        report=report,
        first_received=min(news),
        last_received=max(news),
        facts=facts,
        given=tuple(dose_repository.doses(work, subject).get(subject, ())),
        narrative=_signed(work, case["case_id"]),
        told=told,
        change=change(told, facts, corrections, nullified),
        measured=icsr_repository.sizes(work, subject),
        attachments=attachment_repository.contents(
            work, subject, {name for _, name in attachments_of(report)}
        ),
        medications=drug_repository.taken(work, subject, [e.onset_on for e in report.events]),
    )


def _nullified(
    work: UnitOfWork, country: str, versions: Sequence[Row], facts: Sequence[Fact]
) -> str | None:
    """Why the case was nullified, with the number under which its duplicate is reported; None
    where it stands."""
    said = next((fact for fact in facts if fact.kind == "nullification"), None)
    if said is None:
        return None
    reason = str(versions[-1]["reason"])
    remains = said.value["duplicate_of"]
    if remains is None:
        return reason
    number = case_number(country, reporting_of(work).organisation, remains)
    return f"Duplicate of {number}. {reason}"


def _signed(work: UnitOfWork, case_id: uuid.UUID) -> str | None:
    """The narrative that was signed last."""
    signed = narrative_repository.of_case(work, case_id)
    return signed[-1]["body"] if signed else None
