"""Worldwide numbers of other cases of this system, as a receiver knows them."""

from collections.abc import Sequence

from services.safety import fact_repository, icsr_repository, repository
from services.safety.domain.facts import Fact, known
from services.safety.e2b.identity import case_number
from services.safety.told_before import Before, before
from shared.database.unit_of_work import UnitOfWork
from shared.study.reporting import Receiver, Reporting


def linked_numbers(
    work: UnitOfWork, facts: Sequence[Fact], receiver: Receiver, reporting: Reporting
) -> dict[str, str]:
    """By case number: under what each linked case was told to the receiver, or would be. One that
    is out of reach, or of a site without a country, has none."""
    named = {fact.value["case"] for fact in facts if fact.kind == "link"} - {None}
    found = {each: _number(work, each, receiver, reporting) for each in sorted(named)}
    return {case: number for case, number in found.items() if number is not None}


def nullified_duplicates(
    work: UnitOfWork, number: str, receiver: Receiver, reporting: Reporting
) -> list[str]:
    """The numbers under which the receiver has duplicates that were nullified for this case."""
    found = [
        _number(work, each, receiver, reporting)
        for each in fact_repository.duplicates_of(work, number)
        if _had(work, each, receiver).told is not None
    ]
    return [each for each in found if each is not None]


def _number(work: UnitOfWork, number: str, receiver: Receiver, reporting: Reporting) -> str | None:
    case = repository.find_case(work, number)
    child = None if case is None else icsr_repository.subject(work, case["subject_id"])
    if child is None or child["country"] is None:
        return None
    told = _had(work, number, receiver).told
    known_as = None if told is None else told.identity
    return known_as or case_number(child["country"], reporting.organisation, number)


def _had(work: UnitOfWork, number: str, receiver: Receiver) -> Before:
    case = repository.find_case(work, number)
    if case is None:
        return Before(None, None)
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    return before(work, number, receiver, facts)
