"""A child's course as facts, by study day: randomization is day 1, 29 January 2024."""

from datetime import date, timedelta
from typing import Any

from services.assessments.domain.packs.events.endpoints import EndpointResult, endpoint_results
from services.assessments.domain.packs.facts import SubjectFacts, facts_from_json
from shared.rules.loading import load_pack
from shared.rules.model import Pack

DAY1 = date(2024, 1, 29)
EVENTS = load_pack("events")
MRD = load_pack("mrd")
Entry = tuple[str, dict[str, Any]]


def day(number: int) -> str:
    return (DAY1 + timedelta(days=number - 1)).isoformat()


def _on(when: int | str) -> str:
    return day(when) if isinstance(when, int) else when


def dose(when: int | str, *, given: bool = True) -> Entry:
    return "dosing", {"dose_date": _on(when), "given": given}


def recovery(when: int | str) -> Entry:
    return "end_of_treatment", {"recovery_date": _on(when)}


def therapy(when: int | str) -> Entry:
    return "new_anticancer_therapy", {"start_date": _on(when), "therapy_class": "CONSOLIDATION"}


def response(when: int | str, code: str = "CR") -> Entry:
    return "response", {"assessment_date": _on(when), "response": code}


def relapse(when: int | str) -> Entry:
    return "relapse_progression", {"event_date": _on(when), "event": "RELAPSE"}


def progression(when: int | str) -> Entry:
    return "relapse_progression", {"event_date": _on(when), "event": "PROGRESSION"}


def second(when: int | str) -> Entry:
    return "second_malignancy", {"diagnosis_date": _on(when)}


def hsct(when: int | str) -> Entry:
    return "hsct", {"transplant_date": _on(when)}


def car_t(when: int | str) -> Entry:
    return "car_t", {"infusion_date": _on(when)}


def alive(when: int | str) -> Entry:
    items = {"contact_date": _on(when), "status": "ALIVE", "last_known_alive_date": _on(when)}
    return "survival_status", items


def dead(when: int | str) -> Entry:
    items = {"contact_date": _on(when), "status": "DEAD", "death_date": _on(when)}
    return "survival_status", items


def mrd(
    when: int | str, fraction: str, *, method: str = "RQPCR", sample: str = "", valid: bool = True
) -> Entry:
    return "mrd", {
        "sample_id": sample or f"sample of {_on(when)}",
        "sample_date": _on(when),
        "method": method,
        "kind": "QUANT",
        "fraction": fraction,
        "sensitivity": "0.00001",
        "quantitative_range": "0.00005",
        "assay_valid": valid,
    }


def facts(*entries: Entry, randomized: bool = True) -> SubjectFacts:
    """The facts with an id for every record: its form and number."""
    raw: dict[str, Any] = {"subject": "S01-001"}
    if randomized:
        raw["randomization"] = [{"record": "allocation", "randomization_date": day(1)}]
    for form, items in entries:
        records = raw.setdefault(form, [])
        records.append({"record": f"{form}/{len(records) + 1:03}", **items})
    return facts_from_json(raw)


def course(*entries: Entry, pack: Pack = EVENTS) -> dict[str, EndpointResult]:
    """All endpoints of a randomized child by their id."""
    results = endpoint_results(facts(*entries), pack, MRD)
    return {each.result.derivation: each for each in results}


def end_of(endpoint: str, *entries: Entry, pack: Pack = EVENTS) -> tuple[str, int, str]:
    """Rule that ended the time, day counted from the origin as 1, and kind of ending."""
    row = course(*entries, pack=pack)[endpoint].row
    assert row is not None
    return row.rule, row.days, row.kind


def ne_of(endpoint: str, *entries: Entry) -> str | None:
    """The reason for which the endpoint has no time."""
    found = course(*entries)[endpoint]
    assert found.row is None
    assert found.result.value is None
    return found.result.reason


RESPONDED: tuple[Entry, ...] = (dose(1), response(28), recovery(28))
FAILED: tuple[Entry, ...] = (dose(1), response(28, "SD"), recovery(28))
