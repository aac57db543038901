"""What is known of a safety case, version by version."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from shared.study.safety import Safety

SERIOUS: Final = "serious"
"""The case item that says whether a case is serious at all; the others are named by criteria."""


@dataclass(frozen=True)
class Report:
    """The content of one version of a case.

    ``seriousness`` holds codes of the definition's criteria. ``aware_at`` is when the site knew,
    ``received_at`` when the sponsor's side did, in the zone ``received_zone`` (IANA), whose
    calendar date counts. What is not known yet is None.
    """

    serious: bool
    seriousness: tuple[str, ...]
    aware_at: datetime
    received_at: datetime
    received_zone: str
    event_term: str | None = None
    grade: int | None = None
    onset_on: date | None = None
    reporter: str | None = None
    suspect_product: str | None = None
    narrative: str | None = None


@dataclass(frozen=True)
class MinimumCriteria:
    """The four minimum criteria of a valid report (ICH E2A): those held, and those missing."""

    held: tuple[str, ...]
    missing: tuple[str, ...]


def minimum_criteria(report: Report) -> MinimumCriteria:
    """Which of the four are held. The patient always is: a case names a subject of the trial."""
    holds = {
        "identifiable_patient": True,
        "identifiable_reporter": report.reporter is not None,
        "event": report.event_term is not None or report.narrative is not None,
        "suspect_product": report.suspect_product is not None,
    }
    return MinimumCriteria(
        held=tuple(name for name, held in holds.items() if held),
        missing=tuple(name for name, held in holds.items() if not held),
    )


def is_significant(before: Report, after: Report) -> bool:
    """True where a new version changes what a due date may hang on."""
    return _weighed(before) != _weighed(after)


def _weighed(report: Report) -> tuple[object, ...]:
    return report.serious, frozenset(report.seriousness), report.grade, report.event_term


def facts(safety: Safety, report: Report) -> dict[str, bool | None]:
    """The case items that reporting clocks ask for; None where nobody has said yet.

    Where at least one criterion is held, those that are not named are not held. A serious case
    without any criterion leaves them all open: nobody has said that the child did not die.
    """
    known = {SERIOUS: report.serious}
    unsaid = report.serious and not report.seriousness
    return known | {
        criterion.item: None if unsaid else criterion.code in report.seriousness
        for criterion in safety.seriousness
    }
