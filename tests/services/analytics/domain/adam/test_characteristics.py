"""Age and sex of a subject, its arms as numbers, and where they were read."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.analytics.domain.adam.characteristics import completed_years
from services.analytics.domain.adam.model import model_of
from services.analytics.domain.results import OutputClass
from services.analytics.domain.study_data import KeptRecord
from shared.study import StudyDefinition
from shared.study.dates import PartialDate
from tests.services.analytics.dated import allocated, dose, kept
from tests.services.analytics.domain.adam.night import derived, nct, of, rows
from tests.services.analytics.times import day
from tests.support.definitions import shipped

OPEN, CLOSED = OutputClass.OPEN, OutputClass.CLOSED
ONE = "S01-001"


def demographics(birth_month: str | None = "2014-02", sex: str | None = "F") -> KeptRecord:
    return kept("demographics", {"birth_month": birth_month, "sex": sex}, visit="SCR")


def subject(*records: KeptRecord, output_class: OutputClass = CLOSED) -> dict[str, Any]:
    """The row of ADSL of a child who was randomized on 2024-01-29."""
    (found,) = rows(derived(of(ONE, *records)), "ADSL", output_class)
    return found


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2014-02", date(2024, 1, 31), 9),
        ("2014-02", date(2024, 2, 1), 10),
        ("2014-01", date(2024, 1, 1), 10),
        ("2014-03-15", date(2024, 3, 14), 9),
        ("2014-03-15", date(2024, 3, 15), 10),
        ("2014", date(2024, 6, 30), None),
        ("2014", date(2024, 12, 31), 10),
        ("2024-01", date(2024, 1, 29), 0),
    ],
)
def test_an_age_is_in_completed_years_and_never_guessed(
    born: str, on: date, age: int | None
) -> None:
    assert completed_years(PartialDate.parse(born), on) == age


@pytest.mark.parametrize("output_class", [OPEN, CLOSED])
def test_age_and_sex_lead_to_the_version_that_gave_each_of_them(output_class: OutputClass) -> None:
    corrected = replace(of(ONE, demographics())[0], versions={"birth_month": 3, "sex": 1})
    (found,) = rows(derived([corrected]), "ADSL", output_class)
    assert (found["AGE"], found["AGEU"], found["SEX"]) == (9, "YEARS", "F")
    assert found["AGEGR1"] == "1 to under 10 years"
    assert [found[name] for name in ("SRCDOM", "SRCVIS", "SRCSEQ", "SRCREC")] == [
        "demographics", "SCR", 1, corrected.record_id,
    ]  # fmt: skip
    assert [found[name] for name in ("AGEVAR", "AGEVER", "SEXVAR", "SEXVER")] == [
        "birth_month", 3, "sex", 1,
    ]  # fmt: skip


def test_the_age_group_is_that_of_the_age_whatever_the_stratum_says() -> None:
    child = replace(allocated(), stratum="age_group=lt10;first_remission=ge24m")
    (found,) = rows(derived(of(ONE, demographics("2014-01")), (child,)), "ADSL")
    assert (found["AGE"], found["AGEGR1"]) == (10, "10 to under 18 years")
    assert found["STRATAR"].startswith("age_group=lt10")


def test_what_was_not_recorded_is_missing_and_leads_nowhere() -> None:
    nothing = subject()
    names = ("AGE", "AGEU", "AGEGR1", "AGEVER", "SEX", "SEXVER", "SRCDOM", "SRCREC")
    assert [nothing[name] for name in names] == [None] * len(names)
    no_month = subject(demographics("2014"))
    assert (no_month["AGE"], no_month["AGEU"], no_month["AGEGR1"]) == (None, None, None)
    assert (no_month["AGEVER"], no_month["SEX"]) == (1, "F")
    assert subject(demographics(sex=None))["SEXVAR"] is None


def test_arms_have_the_number_of_their_place_in_the_definition_and_open_rows_none() -> None:
    found = subject(dose(day(1)))
    assert [found[name] for name in ("TRT01P", "TRT01PN", "TRT01A", "TRT01AN")] == [
        "INO", 1, "INO", 1,
    ]  # fmt: skip
    never = derived([], (allocated(arm="ALLR3"),))
    (other,) = rows(never, "ADSL")
    assert (other["TRT01PN"], other["TRT01A"], other["TRT01AN"]) == (2, None, None)
    assert {(each["TRTP"], each["TRTPN"]) for each in rows(never, "ADTTE")} == {("ALLR3", 2)}
    (opened,) = rows(never, "ADSL", OPEN)
    assert not [name for name in opened if name.startswith("TRT0")]
    assert not [name for name in rows(never, "ADTTE", OPEN)[0] if name.startswith("TRT")]


def test_a_study_without_such_a_form_has_no_such_variables() -> None:
    for output_class in OutputClass:
        adsl = model_of(shipped("freireich-1963"), output_class).find("ADSL")
        assert adsl is not None
        names = {each.name for each in adsl.variables}
        assert names.isdisjoint({"AGE", "AGEU", "AGEGR1", "SEX", "SRCDOM", "SRCREC"})


def test_an_item_that_reveals_the_arm_is_no_variable_of_an_open_file() -> None:
    def names(output_class: OutputClass) -> set[str]:
        adsl = model_of(with_revealing_sex(), output_class).find("ADSL")
        assert adsl is not None
        return {each.name for each in adsl.variables}

    assert {"SEX", "SEXVER", "AGE"} <= names(CLOSED)
    assert names(OPEN).isdisjoint({"SEX", "SEXVAR", "SEXVER"})
    assert "AGE" in names(OPEN)


def with_revealing_sex() -> StudyDefinition:
    """The shipped trial, were the arm told by the sex."""
    definition = nct()
    form = definition.form("demographics")
    items = tuple(
        each.model_copy(update={"arm_revealing": each.id == "sex"}) for each in form.items
    )
    changed = form.model_copy(update={"items": items})
    forms = tuple(changed if each.id == form.id else each for each in definition.forms)
    return definition.model_copy(update={"forms": forms})
