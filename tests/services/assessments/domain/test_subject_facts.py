"""What packs get to see of a subject's records."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from services.assessments.domain.history import History, Version
from services.assessments.domain.kept import Kept
from services.assessments.domain.subject_facts import Facts, changed_forms, subject_facts
from services.assessments.domain.subject_state import SubjectState
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")
AT = datetime(2024, 3, 1, tzinfo=UTC)
COUNT = {"sample_date": Kept("2024-02-26"), "neutrophils": Kept("1.05")}


def record(
    form: str,
    items: dict[str, Kept],
    *,
    name: str = "r1",
    visit: str = "C1D28",
    on: date | None = None,
    position: int = 1,
) -> History:
    version = Version(1, items, on, position, AT, "a", "investigator", "first entry", "1.0.0")
    return History(name, "S01-001", "S01", form, visit, 1, (version,))


def facts(*records: History, allocated_on: date | None = None) -> Facts:
    return subject_facts(NCT, state(*records, allocated_on=allocated_on))


def state(*records: History, allocated_on: date | None = None) -> SubjectState:
    return SubjectState(
        "S01-001", "S01", "2015-06", "female", date(2024, 1, 20), allocated_on, AT.date(), records
    )


def test_values_are_read_in_the_unit_of_the_item() -> None:
    haemoglobin = Kept("9.5", "g/dL", "95", "g/L")
    (count,) = facts(record("blood_count", COUNT | {"haemoglobin": haemoglobin})).facts.blood_count
    assert count.haemoglobin is not None
    assert count.haemoglobin.exact == Decimal(95)
    assert (count.record, count.version, count.visit) == ("r1", 1, "C1D28")


@pytest.mark.parametrize(
    ("platelets", "told"),
    [
        (Kept(null_flavour="ND", null_reason="clotted"), []),
        (Kept("many"), [("platelets", "type_mismatch")]),
        (Kept("1e5"), [("platelets", "type_mismatch")]),
    ],
    ids=["null flavour", "no number", "exponent"],
)
def test_what_is_no_value_for_the_packs_is_missing_and_told_unless_a_null_flavour(
    platelets: Kept, told: list[tuple[str, str]]
) -> None:
    found = facts(record("blood_count", COUNT | {"platelets": platelets}))
    (count,) = found.facts.blood_count
    assert count.platelets is None
    assert count.neutrophils is not None
    assert [(each.item, each.code) for each in found.left_out] == told


def test_a_record_without_an_item_that_the_packs_need_is_no_fact_and_told() -> None:
    undated = {"sample_date": Kept(null_flavour="UNK"), "neutrophils": Kept("1.05")}
    found = facts(record("blood_count", undated))
    assert found.facts.blood_count == ()
    (left,) = found.left_out
    assert (left.form, left.item, left.code) == ("blood_count", "sample_date", "required_missing")


def test_forms_and_items_that_no_pack_knows_are_not_read() -> None:
    odd = record("blood_count", COUNT | {"colour": Kept("red"), "record": Kept("r9")})
    event = record("adverse_event", {"term": Kept("Nausea")}, name="r2")
    found = facts(odd, event)
    assert found.left_out == ()
    assert found.facts.blood_count[0].record == "r1"


def test_the_allocation_is_a_fact_of_its_own() -> None:
    assert facts().facts.randomization == ()
    (allocation,) = facts(allocated_on=date(2024, 1, 29)).facts.randomization
    assert allocation.randomization_date.text == "2024-01-29"


def test_a_visit_is_stated_by_a_form_without_a_date_of_its_own() -> None:
    day = date(2024, 2, 26)
    plain = next(f for f in NCT.forms if f.date_item is None and not f.arm_revealing)
    filled = {plain.items[0].id: Kept(null_flavour="UNK")}
    count = record("blood_count", COUNT, on=day)
    assert facts(count).facts.visit == ()
    found = facts(count, record(plain.id, filled, name="r2", on=date(2024, 2, 27))).facts.visit
    assert {(v.record, v.visit_date.text) for v in found} == {
        ("r1", "2024-02-26"),
        ("r2", "2024-02-27"),
    }


def test_what_is_being_written_is_what_has_no_position_yet() -> None:
    written = record("mrd", {}, name="r2", position=0)
    assert changed_forms(state(record("blood_count", COUNT), written)) == {"mrd"}


def test_a_record_that_was_taken_back_is_no_fact_states_no_visit_and_lacks_nothing() -> None:
    plain = next(f.id for f in NCT.forms if f.date_item is None and not f.arm_revealing)
    found = facts(record("blood_count", {}), record(plain, {}, name="r2", on=date(2024, 2, 27)))
    assert (found.facts.blood_count, found.facts.visit, found.left_out) == ((), (), ())
