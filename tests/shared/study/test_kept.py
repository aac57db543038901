"""Kept texts: what they are by the items of the definition in force."""

from datetime import date
from decimal import Decimal

import pytest

from shared.study.kept import as_sent, kept_value
from shared.study.values import ValueRefusedError
from tests.support.definitions import shipped

NCT = shipped("NCT05748171")


@pytest.mark.parametrize(
    ("form", "item", "text", "value"),
    [
        ("dosing", "given", "true", True),
        ("dosing", "given", "false", False),
        ("adverse_event", "grade", "3", 3),
        ("marrow", "blasts", "4.90", Decimal("4.90")),
        ("blood_count", "sample_date", "2026-01-02", date(2026, 1, 2)),
        ("demographics", "sex", "F", "F"),
    ],
)
def test_a_kept_text_has_the_type_of_its_item(
    form: str, item: str, text: str, value: object
) -> None:
    found = kept_value(NCT.form(form).item(item), text)
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("item", "text"),
    [(None, "x"), ("given", "yes"), ("amount", "much"), ("dose_date", "2026-02-30")],
)
def test_what_the_definition_does_not_take_is_refused(item: str | None, text: str) -> None:
    told = None if item is None else NCT.form("dosing").item(item)
    with pytest.raises(ValueRefusedError):
        kept_value(told, text)


def test_what_is_shown_can_be_sent_again_and_is_text_where_the_item_is_another_by_now() -> None:
    grade = NCT.form("adverse_event").item("grade")
    assert [as_sent(grade, text) for text in ("3", "-1", "three")] == [3, -1, "three"]
    assert as_sent(NCT.form("dosing").item("given"), "no") == "no"
    assert as_sent(None, "true") == "true"
