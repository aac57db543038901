"""Other numbers in a report: of the same case (C.1.9.1.r), of reports to read with it (C.1.10.r).

A duplicate is the same case. Its number goes to C.1.9.1.r, which asks whose it is: a worldwide
number says so itself, by its middle part. One that does not is linked.
"""

from collections.abc import Iterator

from services.safety.domain.icsr_case import CaseFile
from services.safety.e2b.identity import organisation_of
from services.safety.e2b.model import LinkedReport, OtherIdentifier

_DUPLICATE = "duplicate"


def other_identifiers(case: CaseFile) -> tuple[OtherIdentifier, ...]:
    """What the case tells, what is linked as its duplicate, and duplicates nullified for it."""
    told = [OtherIdentifier(each.source, each.identifier) for each in case.report.other_identifiers]
    linked = [number for number, relation in _links(case) if relation == _DUPLICATE]
    found = [
        OtherIdentifier(source, number)
        for number in (*linked, *case.duplicates)
        if (source := organisation_of(number)) is not None
    ]
    return tuple(dict.fromkeys((*told, *found)))


def linked_reports(case: CaseFile) -> tuple[LinkedReport, ...]:
    """Each report once that is linked, and is not the same case."""
    found = [
        number
        for number, relation in _links(case)
        if relation != _DUPLICATE or organisation_of(number) is None
    ]
    return tuple(LinkedReport(number) for number in dict.fromkeys(found))


def _links(case: CaseFile) -> Iterator[tuple[str, str | None]]:
    """Numbers with their relation. One of a case whose number is not known here is left out."""
    for fact in case.facts:
        if fact.kind == "link":
            number = fact.value["external_id"] or case.numbers.get(fact.value["case"] or "")
            if number is not None:
                yield number, fact.value["relation"]
