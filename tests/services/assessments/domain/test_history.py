"""A record is the sum of its versions, and masked roles see no trace of what is hidden."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.history import ItemChange, seen
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from shared.study import StudyDefinition
from tests.services.assessments.domain.builders import history, kept, with_item

CHANGES = st.dictionaries(
    st.sampled_from(["term", "grade", "outcome"]),
    st.one_of(st.none(), st.sampled_from(["1", "2", "x"])),
    min_size=1,
)


@given(st.lists(CHANGES, min_size=1, max_size=6))
def test_the_steps_of_a_record_lead_from_nothing_to_its_values(
    changes: list[dict[str, str | None]],
) -> None:
    record = history("adverse_event", *changes)
    state: dict[str, Kept | None] = {}
    for _, step in record.steps():
        for change in step:
            assert change.old == state.get(change.item)
            state[change.item] = change.new
    assert record.items() == {name: value for name, value in state.items() if value is not None}


@pytest.mark.proves("C24", kind="positive")
def test_a_removed_value_is_gone_from_the_record_and_kept_in_its_steps() -> None:
    record = history("adverse_event", {"grade": "2"}, {"grade": None})
    assert record.items() == {}
    assert record.steps()[1][1] == [ItemChange("grade", Kept("2"), None)]


def test_masked_roles_see_no_arm_revealing_record(masked_sight: Sight, open_sight: Sight) -> None:
    record = history("pk_sample", {"timepoint": "PRE_DOSE"})
    assert seen(record, masked_sight) is None
    assert seen(record, open_sight) == record


def test_masked_roles_see_no_record_of_a_form_that_the_definition_does_not_know(
    masked_sight: Sight, open_sight: Sight
) -> None:
    record = history("retired_form", {"x": "1"})
    assert seen(record, masked_sight) is None
    assert seen(record, open_sight) == record


def test_versions_are_counted_without_those_that_changed_hidden_items_only(
    definition: StudyDefinition,
) -> None:
    masked = Sight(with_item(definition, "adverse_event", "outcome", arm_revealing=True), False)
    record = history(
        "adverse_event",
        {"term": "Sepsis", "outcome": "UNK"},
        {"outcome": "RECOVERED"},
        {"term": "Septic shock"},
    )
    shown = seen(record, masked)
    assert shown is not None
    assert [(v.number, v.changes) for v in shown.versions] == [
        (1, kept(term="Sepsis")),
        (2, kept(term="Septic shock")),
    ]
    assert shown.items() == kept(term="Septic shock")


def test_a_record_of_hidden_items_only_does_not_exist_for_masked_roles(
    definition: StudyDefinition,
) -> None:
    masked = Sight(with_item(definition, "adverse_event", "outcome", arm_revealing=True), False)
    assert seen(history("adverse_event", {"outcome": "UNK"}), masked) is None


def test_the_date_of_a_hidden_date_item_is_hidden(definition: StudyDefinition) -> None:
    masked = Sight(with_item(definition, "adverse_event", "start_date", arm_revealing=True), False)
    record = history("adverse_event", {"term": "Sepsis"}, observed_on=date(2024, 2, 3))
    shown = seen(record, masked)
    assert shown is not None
    assert shown.latest.observed_on is None
