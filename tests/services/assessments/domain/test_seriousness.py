"""When a recorded adverse event is serious."""

import pytest

from services.assessments.domain.seriousness import is_serious
from shared.study import StudyDefinition
from tests.services.assessments.domain.builders import kept, with_item

EVENT = {"term": "Sepsis", "start_date": "2024-02-03"}


@pytest.mark.parametrize(
    ("said", "serious"),
    [
        ({}, False),
        ({"grade": "5", "outcome": "FATAL"}, False),
        ({"hospitalisation": "false"}, False),
        ({"hospitalisation": "true"}, True),
        ({"death": "true"}, True),
        ({"serious": "true"}, True),
    ],
)
def test_an_event_is_serious_by_a_criterion_or_by_the_investigators_word(
    definition: StudyDefinition, said: dict[str, str], serious: bool
) -> None:
    form = definition.form("adverse_event")
    assert is_serious(definition, form, kept(**EVENT, **said)) is serious


def test_no_other_form_holds_a_serious_event(definition: StudyDefinition) -> None:
    assert not is_serious(definition, definition.form("hsct"), kept(death="true"))


def test_a_study_without_safety_knows_no_serious_event(definition: StudyDefinition) -> None:
    without = definition.model_copy(update={"safety": None})
    form = definition.form("adverse_event")
    assert not is_serious(without, form, kept(**EVENT, death="true"))


def test_the_item_that_says_serious_is_the_definitions_choice(definition: StudyDefinition) -> None:
    renamed = with_item(definition, "adverse_event", "serious", id="sae")
    form = renamed.form("adverse_event")
    assert not is_serious(renamed, form, kept(sae="true"))
    assert is_serious(renamed, form, kept(sae="false", disability="true"))


def test_an_item_of_another_type_than_the_case_item_decides_nothing(
    definition: StudyDefinition,
) -> None:
    other = with_item(definition, "adverse_event", "serious", type="text", max_length=5)
    assert not is_serious(other, other.form("adverse_event"), kept(serious="true"))
