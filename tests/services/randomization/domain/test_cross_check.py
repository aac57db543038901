"""Values against records: what is the same, what is not, and what cannot be said."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.demo import cohort, records
from services.randomization.domain import cross_check, gate
from services.randomization.domain.cross_check import Recorded
from shared.study import StudyDefinition, from_json, to_json
from shared.study.values import Value
from tests.support.definitions import shipped

STUDY = shipped("NCT05748171")


def recorded(item: str, value: str, form: str = "disease", position: int = 1) -> Recorded:
    return Recorded(form, "SCR", 1, item, value, position)


def compared(name: str, ours: Value, theirs: str) -> tuple[bool, bool]:
    """Whether it was compared, and whether it contradicts."""
    found = cross_check.compare(STUDY, {name: ours}, [recorded(name, theirs)])
    return name in found.checked, bool(found.contradicted)


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "contradicts"),
    [
        ("marrow_blasts", Decimal("62.5"), "62.500", False),
        ("marrow_blasts", Decimal("62.5"), "62.49", True),
        ("cd22_positive", True, "true", False),
        ("cd22_positive", True, "false", True),
        ("relapse_date", date(2024, 1, 5), "2024-01-05", False),
        ("relapse_date", date(2024, 1, 5), "2024-01-06", True),
    ],
)
def test_values_are_compared_by_what_they_mean(
    name: str, ours: Value, theirs: str, contradicts: bool
) -> None:
    assert compared(name, ours, theirs) == (True, contradicts)


@pytest.mark.parametrize(
    ("name", "ours", "theirs"),
    [
        ("no_such_item", True, "true"),
        ("marrow_blasts", Decimal(5), "many"),
        ("cd22_positive", date(2024, 1, 5), "true"),
    ],
)
def test_what_has_no_common_kind_is_not_compared(name: str, ours: Value, theirs: str) -> None:
    assert compared(name, ours, theirs) == (False, False)


def changed(form: str, item: str, **attributes: Any) -> StudyDefinition:
    content = to_json(STUDY)
    forms = {one["id"]: one for one in content["forms"]}
    found = next(one for one in forms[form]["items"] if one["id"] == item)
    found.update(attributes)
    return from_json(content)


@pytest.mark.parametrize(
    ("theirs", "contradicts"),
    [("2024", False), ("2024-01", False), ("2024-02", True), ("2023", True)],
)
def test_a_partial_date_contradicts_only_where_no_day_of_it_is_the_other(
    theirs: str, contradicts: bool
) -> None:
    partial = changed("disease", "relapse_date", type="partial_date")
    found = cross_check.compare(
        partial, {"relapse_date": date(2024, 1, 5)}, [recorded("relapse_date", theirs)]
    )
    assert (found.checked, bool(found.contradicted)) == (("relapse_date",), contradicts)


@given(st.permutations([1, 2, 3]))
def test_the_order_in_which_records_are_read_does_not_matter(order: list[int]) -> None:
    values = {1: "5", 2: "6", 3: "7"}
    found = cross_check.compare(
        STUDY,
        {"marrow_blasts": Decimal(7)},
        [recorded("marrow_blasts", values[n], position=n) for n in order],
    )
    assert found.contradicted == ()


@pytest.mark.parametrize(
    ("items", "withdraws"),
    [
        ({}, False),
        ({"scope": "STUDY"}, True),
        ({"scope": "TREATMENT"}, False),
        ({"withdrawal_date": "2024-01-05"}, True),
    ],
)
def test_a_record_withdraws_unless_the_condition_is_false_of_it(
    items: dict[str, str], withdraws: bool
) -> None:
    content = to_json(STUDY)
    content["randomization"]["withdrawn_when"]["where"] = {
        "item": "scope", "op": "eq", "value": "STUDY",
    }  # fmt: skip
    told = [recorded(item, value, "withdrawal") for item, value in items.items()]
    assert cross_check.withdrawn(from_json(content), told) is withdraws


def test_a_study_that_names_no_such_record_withdraws_nobody() -> None:
    content = to_json(STUDY)
    del content["randomization"]["withdrawn_when"]
    told = [recorded("scope", "STUDY", "withdrawal")]
    assert cross_check.withdrawn(STUDY, told)
    assert not cross_check.withdrawn(from_json(content), told)


def test_what_the_demonstration_records_of_its_children_lets_them_pass() -> None:
    for child in cohort.simulate(11, 20):
        held = tuple(
            recorded(item, str(value).lower() if isinstance(value, bool) else str(value),
                     step.body["form"])
            for step in records.screening(child)
            for item, value in step.body["items"].items()
        )  # fmt: skip
        born = (child.born.year, child.born.month)
        known = gate.Known(child.randomized_on, child.consented_on, born, held)
        passage = gate.examine(STUDY, cohort.gate_values(child), {}, known)
        assert passage.faults == ()
        assert len(passage.cross_checked) == 6
