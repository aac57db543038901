"""Cases as reports are drafted from them, for tests without a server."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.safety.domain.case import Report
from services.safety.domain.icsr_case import CaseFile
from services.safety.domain.icsr_draft import draft
from services.safety.e2b.model import Batch, Icsr
from tests.services.safety.domain.story import Story, local, shipped

CREATED = datetime(2026, 6, 5, 10, 15, tzinfo=UTC)
REPORT = Report(
    serious=True,
    seriousness=("hospitalisation",),
    aware_at=local("2026-06-01T07:00"),
    received_at=local("2026-06-01T09:00"),
    received_zone="Europe/Paris",
    event_term="Febrile neutropenia",
    grade=4,
    onset_on=date(2026, 5, 30),
    reporter="Dr Reporter",
    suspect_product="INO",
)

# A pair of drug and reaction of which nothing is said leaves no trace in a message.
JUDGED = tuple(
    Story()
    .tell("causality", "2026-06-02", party="sponsor", event="1", product="INO", related=True)
    .facts
)


def case_file(report: Report = REPORT, **changes: Any) -> CaseFile:
    made = CaseFile(
        number="NCT05748171-0001",
        subject="S01-001",
        country="CZ",
        born="2016-09",
        sex="female",
        report=report,
        first_received=date(2026, 6, 1),
        last_received=date(2026, 6, 1),
        facts=JUDGED,
        given=(),
        narrative=None,
    )
    return replace(made, **changes)


def drafted(case: CaseFile, receiver: str = "fda") -> Batch:
    """The batch for a receiver of the shipped definition."""
    definition = shipped()
    assert definition.safety is not None
    reporting = definition.safety.reporting
    assert reporting is not None
    (chosen,) = [each for each in reporting.receivers if each.id == receiver]
    return draft(definition, reporting, chosen, case, CREATED)


def told(case: CaseFile, receiver: str = "fda") -> Icsr:
    return drafted(case, receiver).messages[0].report


def told_of(**content: Any) -> Icsr:
    """The report of a case with that content."""
    return told(case_file(replace(REPORT, **content)))
