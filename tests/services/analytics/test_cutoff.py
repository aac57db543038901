"""What is dated after the cutoff is not there, in none of its forms."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.analytics.domain.cutoff import cut, inputs_hash, masked_inputs_hash
from services.analytics.domain.study_data import Allocated, KeptRecord
from tests.services.analytics.dated import (
    DAY0,
    FAR,
    alive,
    allocated,
    cut_at,
    dead,
    dose,
    kept,
    one,
    study_data,
)
from tests.support.definitions import shipped

CUTOFF = date(2024, 6, 30)
LATER = CUTOFF + timedelta(days=1)
NCT = shipped("NCT05748171")


def test_a_record_observed_on_the_cutoff_counts_and_one_a_day_later_does_not() -> None:
    data = cut_at(NCT, [alive(CUTOFF), alive(LATER, visit="FU12")], CUTOFF)
    assert [record.kept.visit for record in data.records] == ["FU06"]


def test_a_child_randomized_after_the_cutoff_is_left_out_with_everything_of_its() -> None:
    children = [allocated("S01-001"), allocated("S01-002", on=LATER)]
    records = [alive(DAY0), kept("demographics", {"sex": "F"}, subject="S01-002")]
    data = cut(NCT, study_data(records, children), CUTOFF)
    assert [child.subject for child in data.allocated] == ["S01-001"]
    assert {record.kept.subject for record in data.records} == {"S01-001"}
    assert data.registered == 1


def test_a_death_dated_after_the_cutoff_is_blanked_in_a_record_that_stays() -> None:
    subject = one(NCT, [dead(LATER, told=CUTOFF)], CUTOFF)
    assert "death" not in subject.anchors
    assert subject.records[0].values["contact_date"] == CUTOFF
    assert "death_date" not in subject.records[0].values


def test_a_record_without_a_date_of_its_own_counts() -> None:
    data = cut_at(NCT, [kept("demographics", {"sex": "F", "birth_month": "2015-06"})], CUTOFF)
    assert set(data.records[0].values) == {"sex", "birth_month"}


def test_a_partial_date_counts_if_it_may_lie_before_the_cutoff() -> None:
    for text, counts in (("2024-06", True), ("2024-07", False)):
        data = cut_at(NCT, [kept("demographics", {"birth_month": text})], CUTOFF)
        assert ("birth_month" in data.records[0].values) is counts


def test_a_removed_value_is_no_value() -> None:
    data = cut_at(NCT, [kept("demographics", {"sex": None, "birth_month": "2015-06"})], CUTOFF)
    assert set(data.records[0].values) == {"birth_month"}
    assert data.unreadable == ()


@pytest.mark.parametrize(
    ("form", "items", "code"),
    [
        ("demographics", {"sex": "X"}, "not_in_codelist"),
        ("demographics", {"shoe_size": "38"}, "unknown_item"),
        ("no_such_form", {"sex": "F"}, "unknown_item"),
        ("adverse_event", {"grade": "six"}, "type_mismatch"),
        ("adverse_event", {"grade": "6"}, "out_of_range"),
        ("adverse_event", {"serious": "maybe"}, "type_mismatch"),
    ],
)
def test_a_value_the_definition_does_not_take_is_reported_and_not_used(
    form: str, items: dict[str, str | None], code: str
) -> None:
    data = cut_at(NCT, [kept(form, items)], CUTOFF)
    assert [(each.item, each.code) for each in data.unreadable] == [(*items, code)]
    assert data.records[0].values == {}


def test_booleans_and_integers_are_read_as_what_they_are() -> None:
    data = cut_at(NCT, [kept("adverse_event", {"grade": "3", "serious": "true"})], CUTOFF)
    assert data.records[0].values == {"grade": 3, "serious": True}


Change = Callable[[list[KeptRecord], list[Allocated]], object]


def _hashes(change: Change = lambda records, children: None) -> tuple[str, str]:
    records = [alive(DAY0 + timedelta(days=9)), dose(DAY0)]
    children = [allocated()]
    change(records, children)
    data = cut(NCT, study_data(records, children), CUTOFF)
    return inputs_hash(data), masked_inputs_hash(NCT, data)


def test_the_inputs_hash_knows_no_ids_of_the_database() -> None:
    def renamed(records: list[KeptRecord], _: list[Allocated]) -> None:
        other = alive(DAY0 + timedelta(days=9))
        records[0] = KeptRecord(
            other.subject, other.form, other.visit, other.repeat, "another id",
            other.observed_on, other.items,
        )  # fmt: skip

    assert _hashes(renamed) == _hashes()


def test_what_lies_after_the_cutoff_leaves_the_inputs_hash_alone() -> None:
    assert _hashes(lambda records, _: records.append(alive(LATER, visit="FU12"))) == _hashes()


def test_a_changed_value_changes_both_hashes() -> None:
    whole, masked = _hashes(lambda records, _: records.append(alive(CUTOFF, visit="FU12")))
    assert whole != _hashes()[0]
    assert masked != _hashes()[1]


@pytest.mark.parametrize(
    "change",
    [
        lambda _, children: children.__setitem__(0, allocated(arm="ALLR3")),
        lambda records, _: records.__setitem__(1, dose(DAY0 + timedelta(days=1))),
    ],
    ids=["the arm", "a form that reveals it"],
)
def test_the_hash_that_everybody_sees_does_not_cover_what_tells_the_arm(change: Change) -> None:
    whole, masked = _hashes(change)
    assert whole != _hashes()[0]
    assert masked == _hashes()[1]


def test_an_item_that_reveals_the_arm_is_masked_in_a_form_that_does_not() -> None:
    form = NCT.form("blood_count")
    items = tuple(
        item.model_copy(update={"arm_revealing": item.id == "platelets"}) for item in form.items
    )
    forms = tuple(
        each.model_copy(update={"items": items}) if each.id == "blood_count" else each
        for each in NCT.forms
    )
    definition = NCT.model_copy(update={"forms": forms})

    def masked(item: str, value: str) -> str:
        counts = {"sample_date": "2024-02-01", "platelets": "10", "neutrophils": "1"}
        record = kept("blood_count", counts | {item: value}, date(2024, 2, 1))
        return masked_inputs_hash(definition, cut_at(definition, [record], CUTOFF))

    assert masked("platelets", "11") == masked("platelets", "12")
    assert masked("neutrophils", "2") != masked("neutrophils", "3")


@given(st.dates(DAY0, FAR), st.dates(DAY0, FAR), st.dates(DAY0, FAR))
def test_no_anchor_and_no_value_is_ever_dated_after_the_cutoff(
    first: date, second: date, cutoff: date
) -> None:
    records = [alive(first), dead(second, told=first), dose(second)]
    subject = one(NCT, records, cutoff)
    assert all(day <= cutoff for day in subject.anchors.values())
    values = [value for record in subject.records for value in record.values.values()]
    assert all(value <= cutoff for value in values if isinstance(value, date))


def test_an_anchor_that_is_offset_beyond_the_cutoff_has_no_date_yet() -> None:
    later = NCT.anchor("day_before_new_therapy").model_copy(update={"offset_days": 30})
    anchors = tuple(later if each.id == later.id else each for each in NCT.anchors)
    definition = NCT.model_copy(update={"anchors": anchors})
    items = {"start_date": CUTOFF.isoformat(), "therapy_class": "SALVAGE"}
    subject = one(definition, [kept("new_anticancer_therapy", items, CUTOFF)], CUTOFF)
    assert "new_therapy" in subject.anchors
    assert later.id not in subject.anchors


def test_a_death_not_known_to_the_day_dates_nothing_and_is_reported() -> None:
    died = kept(
        "survival_status",
        {"contact_date": CUTOFF.isoformat(), "status": "DEAD", "death_date": "2024-06"},
    )
    data = cut_at(NCT, [died], CUTOFF)
    assert [(each.item, each.code) for each in data.unreadable] == [
        ("death_date", "date_incomplete")
    ]
    subject = one(NCT, [died], CUTOFF)
    assert "death" not in subject.anchors
    assert "death" in subject.anchors.open
