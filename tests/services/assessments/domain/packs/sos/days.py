"""Observations of a child by day after HSCT (day 0 is 1 March 2024)."""

from datetime import date, timedelta
from typing import Any

from services.assessments.domain.packs.facts import SubjectFacts, facts_from_json
from shared.rules.loading import load_pack

SOS = load_pack("sos")
HSCT = date(2024, 3, 1)
Seen = tuple[int | str, dict[str, Any]]


def on(number: int) -> str:
    return (HSCT + timedelta(days=number)).isoformat()


def seen(day: int | str, **items: Any) -> Seen:
    return day, items


def baseline(**items: Any) -> Seen:
    return -7, {"baseline": True, **items}


def facts(*observations: Seen, hsct: str | None = None) -> SubjectFacts:
    raw: dict[str, Any] = {"subject": "S01-001", "sos_observation": []}
    for number, (day, items) in enumerate(observations, start=1):
        when = on(day) if isinstance(day, int) else day
        record = {"record": f"o{number:02}", "observation_date": when, **items}
        raw["sos_observation"].append(record)
    if hsct is not None:
        raw["hsct"] = [{"record": "h1", "transplant_date": hsct}]
    return facts_from_json(raw)
