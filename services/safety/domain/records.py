"""What an adverse event record of the site says, as the content of a case version."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

from services.safety.domain.case import SERIOUS, Report
from shared.study import StudyDefinition
from shared.study.endpoints import AdverseEventEndpoint
from shared.study.safety import Safety

RELATED: Final = "RELATED"


@dataclass(frozen=True)
class Recorded:
    """A record at its newest version, as a report."""

    version: int
    report: Report


_COMPARED = ("event_term", "grade", "onset_on", "ended_on", "serious", "seriousness", "outcome")


def followed_up(case: Report, before: Mapping[str, Any] | None, record: Report) -> Report:
    """The case after its record changed: what the record changed, laid over what the case says.

    ``before`` is the record as it was seen last, None where it never was: then all of it counts.
    What the desk learned elsewhere stands (a death, a narrative, a product): a site that corrects
    an end date says nothing of it. And no product is taken away unsigned.
    """
    changes = {
        name: getattr(record, name)
        for name in _COMPARED
        if before is None or getattr(record, name) != before[name]
    }
    added = tuple(each for each in record.products if each not in case.products)
    seen = {} if before is None else before["actions"]
    acted = {name: what for name, what in record.actions.items() if seen.get(name) != what}
    suspect, *further = (*case.products, *added) or (None,)
    return replace(
        case,
        **changes,
        aware_at=record.aware_at,
        received_at=record.received_at,
        received_zone=record.received_zone,
        reporter=record.reporter,
        suspect_product=suspect,
        further_products=tuple(further),
        actions={**case.actions, **acted},
    )


def of_record(
    definition: StudyDefinition,
    safety: Safety,
    items: Mapping[str, str | None],
    *,
    site: str,
    at: datetime,
) -> Report:
    """The report that an adverse event record makes, recorded at ``at``.

    ``items`` are the record's items in canonical text. A case item that the form collects as well
    is the form's item of the same id; term, grade and onset are the items that the definition's
    adverse event endpoint names. A value that does not read as its item is not known: it must not
    hold up a serious event. The products that the record calls related are the suspect ones. The
    site that recorded it is the source; whether it was aware earlier, the form does not say.
    """
    names = _names(definition, safety)
    ticked = {name for name, text in items.items() if text == "true"}
    seriousness = tuple(each.code for each in safety.seriousness if each.item in ticked)
    related = [each.product for each in safety.relations if items.get(each.item) == RELATED]
    return Report(
        serious=SERIOUS in ticked or bool(seriousness),
        seriousness=seriousness,
        aware_at=at,
        received_at=at,
        received_zone=safety.receiver_time_zone,
        event_term=items.get(names.term),
        grade=_grade(items.get(names.grade)),
        onset_on=_day(items.get(names.start)),
        ended_on=_day(items.get(safety.end_item)) if safety.end_item else None,
        outcome=items.get(safety.outcome_item) if safety.outcome_item else None,
        reporter=f"Site {site}",
        suspect_product=related[0] if related else None,
        further_products=tuple(related[1:]),
        actions={each.product: text for each in safety.actions if (text := items.get(each.item))},
    )


@dataclass(frozen=True)
class _Names:
    """Items of the adverse event form; the empty name is no item."""

    term: str = ""
    grade: str = ""
    start: str = ""


def _names(definition: StudyDefinition, safety: Safety) -> _Names:
    for endpoint in definition.endpoints:
        if isinstance(endpoint, AdverseEventEndpoint) and endpoint.form == safety.form:
            return _Names(endpoint.term, endpoint.grade, endpoint.start)
    return _Names()


def _grade(text: str | None) -> int | None:
    return int(text) if text in {"1", "2", "3", "4", "5"} else None


def _day(text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        # A partial date: the month is known, the day is not.
        return None
