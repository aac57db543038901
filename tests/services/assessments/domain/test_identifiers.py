"""What of free text tells who the child is, and is therefore not taken."""

import pytest

from services.assessments.domain.identifiers import identifying, names_child, tells
from shared.study import StudyDefinition
from tests.services.assessments.domain.states import record, subject

BORN_IN_SEPTEMBER_2011 = subject(born="2011-09")


@pytest.mark.parametrize(
    ("text", "identifies"),
    [
        ("born 2011-09-14", True),
        ("born 14.9.2011 in Brno", True),
        ("14. 9. 2011", True),
        ("DOB 14/09/2011", True),
        ("DOB 09/14/2011", True),
        ("2011/9/14", True),
        ("20110914", True),
        ("14 September 2011", True),
        ("14. Sep 2011", True),
        ("Sept 14, 2011", True),
        ("14.9.11", True),
        ("14 September 2012", False),
        ("sequence 120110914", False),
        ("14.9.12", False),
        ("ask mother@example.org", True),
        ("born in 2011-09", False),
        ("sample of 2024-02-26", False),
        ("14.9.2012", False),
        ("14.10.2011", False),
        ("ratio 2011-09-140", False),
        ("5 mg @ 8 h", False),
        ("", False),
    ],
)
def test_a_full_date_of_the_month_of_birth_and_an_address_identify(
    text: str, identifies: bool
) -> None:
    assert tells(text, "2011-09") is identifies


def where(definition: StudyDefinition, form: str, **items: str) -> list[tuple[str, ...]]:
    written = record(definition, form, items)
    faults = list(identifying(definition, BORN_IN_SEPTEMBER_2011, written))
    assert all(fault.code == "identifier-refused" for fault in faults)
    assert not any("2011" in fault.detail for fault in faults)
    return [fault.where for fault in faults]


def test_the_fault_is_at_the_free_text_and_repeats_nothing(definition: StudyDefinition) -> None:
    event = {"term": "Fall on 14.9.2011", "start_date": "2024-02-03"}
    assert where(definition, "adverse_event", **event) == [("items", "term")]


def test_a_date_that_is_asked_for_as_a_date_is_no_free_text(definition: StudyDefinition) -> None:
    assert where(definition, "disease", first_diagnosis_date="2011-09-14") == []


@pytest.mark.parametrize(
    ("key", "refused"),
    [
        ("S01-001", False),
        ("1042", False),
        ("ANNA-SCHMIDT", True),
        ("AB-2011-09-14", True),
        ("AB-201109", True),
        ("X092011", True),
        ("S2011-010", False),
    ],
)
def test_a_subject_number_is_no_name_and_holds_no_month_of_birth(key: str, refused: bool) -> None:
    assert names_child(key, "2011-09") is refused


def test_a_long_text_is_searched_for_an_address_step_by_step() -> None:
    """Quadratic work on such a text would take half a minute, and the runner would stop it."""
    assert not tells("a" * 100_000 + " @", "2011-09")
