"""A MedDRA code is of the term that the event had when it was coded."""

from datetime import timedelta
from typing import Any

import pytest

from services.safety.domain.case import Event, Report
from services.safety.domain.codes import Code, Kept, code_in_force, codes
from tests.services.safety.domain.story import LATER, Story, local

CODED = local("2026-03-02")


def kept(days: int, term: str | None, other: str | None = None) -> Kept:
    at = local("2026-03-01") + timedelta(days=days)
    report = Report(
        serious=True, seriousness=(), aware_at=at, received_at=at, received_zone="Europe/Paris",
        event_term=term, further_events=(Event("2", other),),
    )  # fmt: skip
    return Kept(at, report)


def code(*versions: Kept, event: str = "1", coded: str = "2026-03-02") -> Code:
    told = {"event": event, "code": "90000001", "version": "28.1", "name": "Purple liver"}
    return codes(Story().tell("coding", coded, **told).facts, versions)[event]


def test_it_counts_while_the_event_is_called_so_however_it_is_spelt() -> None:
    assert code(kept(0, "Sepsis")).void is None
    assert code(kept(0, "Sepsis"), kept(2, " SEPSIS ")).void is None
    assert code(kept(0, "Anaemia"), kept(1, "Sepsis"), kept(2, "Sepsis")).void is None


def test_it_is_void_once_the_event_is_called_otherwise() -> None:
    assert code(kept(0, "Sepsis"), kept(2, "Anaemia")).void == (
        "The event was called Sepsis when it was coded."
    )
    assert code(kept(0, "Sepsis"), kept(2, None)).void is not None
    assert code(kept(0, None), kept(2, "Sepsis")).void == "The event had no term when it was coded."


def test_each_event_has_a_code_of_its_own() -> None:
    versions = (kept(0, "Sepsis", "Anaemia"), kept(2, "Sepsis", "Fever"))
    assert code(*versions).void is None
    assert code(*versions, event="2").void is not None
    assert codes((), versions) == {}


def test_coded_again_it_counts() -> None:
    versions = (kept(0, "Sepsis"), kept(2, "Anaemia"))
    assert code(*versions, coded="2026-03-04").void is None


@pytest.mark.parametrize(
    ("later", "counts"),
    [
        ({"event": "1", "term": " SEPSIS ", "grade": 5}, True),
        ({"event": "1", "term": "Anaemia", "grade": 4}, False),
        ({"event": "2", "term": "Anaemia", "grade": 4}, True),
    ],
)
def test_in_tables_too_a_code_counts_while_the_event_is_called_so(
    later: dict[str, Any], counts: bool
) -> None:
    story = Story().tell("description", "2026-03-01", event="1", term="Sepsis", grade=4)
    story.tell("coding", "2026-03-02", event="1", code="90000001")
    story.tell("description", "2026-03-03", **later)
    found = code_in_force(story.facts, "1", LATER)
    assert (found is not None) is counts
    assert code_in_force(story.facts, "2", LATER) is None
    before = code_in_force(story.facts, "1", local("2026-03-02T12:00"))
    assert before == {"event": "1", "code": "90000001"}, "until then it did"
