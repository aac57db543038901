"""Reports and the shipped definition for tests of the pure rules."""

from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

from services.safety.domain.case import Report
from services.safety.domain.clocks import Obligation
from shared.study import StudyDefinition
from shared.study.loading import load_definition, shipped_definitions


@cache
def shipped() -> StudyDefinition:
    return load_definition(shipped_definitions()["NCT05748171"])


def local(text: str, zone: str = "Europe/Paris") -> datetime:
    """An instant from a local date and time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def complete(received: str, *criteria: str, zone: str = "Europe/Paris") -> Report:
    """A serious report that holds all four minimum criteria, received at a local time."""
    at = local(received, zone)
    return Report(
        serious=True,
        seriousness=criteria or ("hospitalisation",),
        aware_at=at,
        received_at=at,
        received_zone=zone,
        event_term="Febrile neutropenia",
        grade=4,
        reporter="Dr Reporter",
        suspect_product="INO",
    )


def by_clock(obligations: tuple[Obligation, ...]) -> dict[str, Obligation]:
    return {each.clock_id: each for each in obligations}
