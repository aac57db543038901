"""Worldwide numbers of other cases of this system, as a receiver knows them."""

from collections.abc import Sequence

from services.safety import fact_repository, icsr_repository, repository
from services.safety.domain.facts import Fact, known
from services.safety.domain.icsr_change import Told
from services.safety.e2b.identity import case_number
from services.safety.repository import Row
from services.safety.told_before import before
from shared.database.unit_of_work import UnitOfWork
from shared.study.reporting import Receiver, Reporting


def linked_numbers(
    work: UnitOfWork, facts: Sequence[Fact], receiver: Receiver, reporting: Reporting
) -> dict[str, str]:
    """By case number: under what each linked case was told to the receiver, or would be. One that
    is out of reach, or of a site without a country, has none."""
    named = {fact.value["case"] for fact in facts if fact.kind == "link"} - {None}
    cases = (repository.find_case(work, each) for each in sorted(named))
    found = {
        case["case_number"]: _number(work, case, _told(work, case, receiver), reporting)
        for case in cases
        if case is not None
    }
    return {case: number for case, number in found.items() if number is not None}


def nullified_duplicates(
    work: UnitOfWork, number: str, receiver: Receiver, reporting: Reporting
) -> list[str]:
    """The numbers under which the receiver has duplicates that were nullified for this case."""
    found = []
    for each in fact_repository.duplicates_of(work, number):
        case = repository.find_case(work, each)
        told = None if case is None else _told(work, case, receiver)
        if case is not None and told is not None:
            found.append(_number(work, case, told, reporting))
    return [each for each in found if each is not None]


def _told(work: UnitOfWork, case: Row, receiver: Receiver) -> Told | None:
    facts = known(fact_repository.facts(work, case["case_id"]), work.now)
    return before(work, case["case_number"], receiver, facts).told


def _number(work: UnitOfWork, case: Row, told: Told | None, reporting: Reporting) -> str | None:
    """The number that was told, or would be; None for a site without a country."""
    child = icsr_repository.subject(work, case["subject_id"])
    if child is None or child["country"] is None:
        return None
    known_as = None if told is None else told.identity
    return known_as or case_number(child["country"], reporting.organisation, case["case_number"])
