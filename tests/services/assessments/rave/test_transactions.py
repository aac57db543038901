"""What Insert, Update, Upsert, Context and Remove do at five levels, and what repeats."""

from typing import Any

import pytest
from rwslib import RWSException
from rwslib.builders import ItemData, MeasurementUnitRef

from services.assessments.domain.rave.oids import subject_uuid
from tests.services.assessments.rave.world import (
    CONSENT,
    COUNTS,
    STUDY,
    Rave,
    event,
    form,
    new_child,
    odm,
    subject,
)
from tests.support.pool import Begin


@pytest.fixture
def child(rave: Rave, begin: Begin) -> Rave:
    def fill() -> None:
        rave.post(odm(new_child()))
        rave.post(odm(subject(event(form("blood_count", COUNTS)))))

    begin("a child with a blood count", fill)
    return rave


def counts(rave: Rave) -> list[tuple[int, dict[str, str]]]:
    """The blood counts that stand: repeat and values, but for their date."""
    return rave.database.rows(  # type: ignore[return-value]
        "SELECT repeat, jsonb_object_agg(item, value) FROM ("
        " SELECT DISTINCT ON (r.repeat, i.item) r.repeat, i.item, i.value"
        " FROM assessments.item_version i JOIN assessments.record r USING (record_id)"
        " WHERE r.form = 'blood_count' ORDER BY r.repeat, i.item, i.version DESC) AS x"
        " WHERE value IS NOT NULL AND item <> 'sample_date' GROUP BY 1 ORDER BY 1"
    )


def one(item: str, value: Any, doing: str | None = None) -> ItemData:
    return ItemData(item, value, transaction_type=doing)


def post(rave: Rave, *forms: Any, **options: Any) -> Any:
    return rave.post(odm(subject(event(*forms, **options))))


def test_items_that_are_not_mentioned_keep_their_values(child: Rave) -> None:
    post(child, form("blood_count", {"neutrophils": "2"}))
    assert counts(child) == [(1, {"neutrophils": "2", "platelets": "120"})]


def test_in_a_whole_item_group_what_is_not_mentioned_is_taken_back_with_an_audit_row(
    child: Rave,
) -> None:
    kept = {"sample_date": "2024-01-22", "neutrophils": "1.05"}
    post(child, form("blood_count", kept, whole=True))
    assert counts(child) == [(1, {"neutrophils": "1.05"})]
    told = child.database.rows(
        "SELECT old_value, new_value FROM platform.audit WHERE table_name = 'assessments.item'"
        " AND field = 'platelets' AND operation = 'UPDATE'"
    )
    assert told == [("120", None)]


def test_a_null_takes_a_value_back_and_an_item_without_a_value_does_not(child: Rave) -> None:
    post(child, form("blood_count", [ItemData("platelets"), one("neutrophils", None)]))
    assert counts(child) == [(1, {"platelets": "120"})]


@pytest.mark.parametrize("level", ["item", "group", "form"])
def test_remove_takes_values_back(child: Rave, level: str) -> None:
    post(child, form("blood_count", {"leukocytes": "3"}))
    if level == "item":
        post(child, form("blood_count", [one("platelets", None, "Remove")]))
        assert counts(child) == [(1, {"leukocytes": "3", "neutrophils": "1.05"})]
        return
    post(child, form("blood_count", [], **{"group" if level == "group" else "doing": "Remove"}))
    assert counts(child) == []
    # The line is there to be filled anew, with all that its form needs.
    with pytest.raises(RWSException) as caught:
        post(child, form("blood_count", {"platelets": "90"}))
    assert "required-missing" in str(caught.value)
    post(child, form("blood_count", {"sample_date": "2024-02-27", "platelets": "90"}))
    assert counts(child) == [(1, {"platelets": "90"})]


def test_a_value_that_its_form_needs_is_taken_back_with_the_whole_record_only(child: Rave) -> None:
    with pytest.raises(RWSException) as caught:
        post(child, form("blood_count", [one("sample_date", None, "Remove")]))
    assert caught.value.rws_error.reasoncode == "IND00034"
    assert "required-missing" in str(caught.value)


def test_context_addresses_and_changes_nothing(child: Rave) -> None:
    before = child.trial.stored()
    document = odm(
        subject(event(form("blood_count", [], doing="Context"), doing="Context"), doing="Context")
    )
    assert child.post(document).istransactionsuccessful
    assert child.trial.stored()[:3] == before[:3]


def test_an_upsert_of_an_unknown_child_registers_it_and_of_a_known_one_does_not(
    rave: Rave,
) -> None:
    assert rave.post(odm(new_child(doing="Upsert"))).subjects_in_study == 1
    assert rave.post(odm(new_child(doing="Upsert"))).subjects_in_study == 1


def test_the_transaction_in_the_place_of_the_key_type_is_understood_and_noted(rave: Rave) -> None:
    text = str(odm(new_child(doing="Update")))
    spoiled = text.replace('SubjectKeyType="SubjectName"', 'SubjectKeyType="Insert"')
    answer = rave.post(spoiled)
    assert answer.subjects_in_study == 1
    ((notes,),) = rave.database.rows("SELECT notes FROM assessments.rave_file")
    assert "SubjectKeyType" in notes[0]  # type: ignore[index]


def test_a_child_is_addressed_by_its_uuid_too(child: Rave) -> None:
    text = str(odm(subject(event(form("blood_count", {"neutrophils": "3"})))))
    known = text.replace('SubjectKey="S01-001"', f'SubjectKey="{subject_uuid(STUDY, "S01-001")}"')
    child.post(known.replace('KeyType="SubjectName"', 'KeyType="SubjectUUID"'))
    assert counts(child)[0][1]["neutrophils"] == "3"


@pytest.mark.parametrize("key", [{"repeat": 2}, {"line": 2}, {"line": "LAB[2]"}])
def test_a_repeat_is_named_by_the_key_of_the_form_or_of_the_line(
    child: Rave, key: dict[str, Any]
) -> None:
    answer = post(child, form("blood_count", COUNTS | {"neutrophils": "9"}, **key))
    assert [repeat for repeat, _ in counts(child)] == [1, 2]
    assert answer.loglines_touched == (0 if "repeat" in key else 1)


def test_a_line_in_context_is_found_by_its_values_or_added(child: Rave) -> None:
    found = [one("sample_date", "2024-01-22", "Context"), one("platelets", "99")]
    post(child, form("blood_count", found, group="Upsert", line="@CONTEXT"))
    assert counts(child) == [(1, {"neutrophils": "1.05", "platelets": "99"})]
    added = [one("sample_date", "2024-01-23", "Context"), one("platelets", "98")]
    for _ in range(2):
        post(child, form("blood_count", added, group="Upsert", line="@CONTEXT"))
    assert counts(child)[1:] == [(2, {"platelets": "98"})]


def test_a_value_keeps_the_unit_that_it_was_sent_in_beside_the_converted(child: Rave) -> None:
    item = one("neutrophils", "1050")
    item << MeasurementUnitRef("/uL")
    post(child, form("blood_count", [item]))
    assert child.database.rows(
        "SELECT value, unit, canonical FROM assessments.item_version WHERE unit IS NOT NULL"
    ) == [("1050", "/uL", "1.05")]


def test_items_are_named_alone_or_with_their_form_in_any_case(child: Rave) -> None:
    post(child, form("Blood_Count", {"BLOOD_COUNT.NEUTROPHILS": "4", "Platelets": "5"}))
    assert counts(child) == [(1, {"neutrophils": "4", "platelets": "5"})]


def test_two_instructions_for_one_item_are_refused(child: Rave) -> None:
    twice = form("blood_count", {"neutrophils": "4"}), form("blood_count", {"neutrophils": "5"})
    with pytest.raises(RWSException) as caught:
        post(child, *twice)
    assert caught.value.rws_error.reasoncode == "IND00021"


def test_two_groups_of_one_form_are_one_record(child: Rave) -> None:
    post(child, form("blood_count", {"neutrophils": "4"}), form("blood_count", {"platelets": "5"}))
    assert counts(child) == [(1, {"neutrophils": "4", "platelets": "5"})]
    assert child.database.rows("SELECT max(version) FROM assessments.record_version") == [(2,)]


def test_an_equal_value_sent_again_is_no_change(child: Rave) -> None:
    before = child.trial.stored()
    post(child, form("blood_count", COUNTS))
    rave_file_only = child.trial.stored()
    assert rave_file_only[:3] == before[:3]


def test_a_login_of_one_site_neither_sees_nor_writes_another(child: Rave) -> None:
    other = child.connection("second", "edc", ["S02"])
    for key, site in (("S01-001", "S01"), ("S01-001", "S02")):
        with pytest.raises(RWSException) as caught:
            child.post(odm(subject(event(form("consent", CONSENT)), key=key, site=site)), other)
        assert caught.value.rws_error.reasoncode == "IND00010", "absent and forbidden look the same"
    with pytest.raises(RWSException) as caught:
        child.post(odm(new_child("S01-002", site="S01")), other)
    assert caught.value.rws_error.reasoncode == "IND00011"
    assert child.post(odm(new_child("S02-001", site="S02")), other).subjects_in_study == 1
