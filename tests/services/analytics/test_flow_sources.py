"""Every number of the flow of participants is the number of its source records."""

from datetime import date
from typing import Any

import pytest

from services.analytics.domain.adam.model import model_of
from services.analytics.domain.adam.selector import Selector
from services.analytics.domain.adam.tables import Derived, tables_of
from services.analytics.domain.analysis_sets import memberships
from services.analytics.domain.cutoff import cut
from services.analytics.domain.flow_rows import flow_rows
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.subjects import subjects_at_cutoff
from shared.study import StudyDefinition
from shared.study.disposition import Exit
from tests.services.analytics.test_flow import CUTOFF, NCT, REFUSED, study

OPEN, CLOSED = OutputClass.OPEN, OutputClass.CLOSED
Files = dict[str, list[dict[str, Any]]]


def night(
    output_class: OutputClass, definition: StudyDefinition = NCT, cutoff: date = CUTOFF
) -> tuple[list[ResultRow], Files]:
    """The rows of the flow and the datasets of a class."""
    data = cut(definition, study(refusals=REFUSED), cutoff)
    subjects = subjects_at_cutoff(definition, data)
    sets = memberships(definition, subjects)
    derived = Derived(subjects, tuple(sets), (), cutoff, data.consented, data.not_randomized)
    files = {}
    for table in tables_of(model_of(definition, output_class), derived):
        names = [each.name for each in table.model.variables]
        files[table.model.name] = [dict(zip(names, row, strict=True)) for row in table.rows]
    found = flow_rows(definition, data, subjects, sets)
    return [row for row in found if row.output_class is output_class], files


def sources(
    definition: StudyDefinition, row: ResultRow, files: Files
) -> list[dict[str, Any]] | None:
    """The records of a number; None where they are withheld."""
    selection = Selector.of_study(definition).of(row)
    records = files[selection.dataset]
    if selection.unknown(list(records[0])):
        return None
    return [each for each in records if selection.takes(each)]


def test_every_closed_number_of_the_flow_counts_its_sources() -> None:
    rows, files = night(CLOSED)
    counted: dict[str, int] = {}
    for row in rows:
        found = sources(NCT, row, files)
        assert found is not None
        assert len(found) == row.value, (row.statistic, row.category, row.group, row.population)
        counted[row.statistic] = max(counted.get(row.statistic, 0), len(found))
    # The study is such that no step is empty.
    assert {name for name, most in counted.items() if most == 0} == set()
    assert {"treated", "untreated", "left", "treated_otherwise", "analysed", "left_out"} <= set(
        counted
    )


def test_open_numbers_count_their_sources_and_those_of_treatment_are_withheld() -> None:
    rows, files = night(OPEN)
    withheld = set()
    for row in rows:
        found = sources(NCT, row, files)
        if found is None:
            withheld.add((row.statistic, row.population))
        else:
            assert len(found) == row.value, (row.statistic, row.category, row.population)
    assert withheld == {
        ("treated", "ALL"), ("untreated", "ALL"), ("analysed", "SAF"), ("left_out", "SAF"),
    }  # fmt: skip


def test_no_open_row_tells_who_was_treated_or_with_what() -> None:
    _, files = night(OPEN)
    assert {each["DSSTEP"] for each in files["ADDS"]} == {"registered", "not_randomized", "left"}
    assert not {name for name in files["ADDS"][0] if name.startswith("TRT")}
    assert "REVARMFL" not in files["ADDS"][0]
    numbers: dict[str, list[int]] = {}
    for each in files["ADDS"]:
        numbers.setdefault(each["SUBJID"], []).append(each["ASEQ"])
    # A gap in the numbers would tell of a row that is left out.
    assert all(own == list(range(1, len(own) + 1)) for own in numbers.values())


@pytest.mark.parametrize("output_class", [OPEN, CLOSED])
def test_a_step_leads_to_the_record_that_told_it(output_class: OutputClass) -> None:
    _, files = night(output_class)
    told = {
        (each["SUBJID"], each["DSSTEP"], each["DSCAT"], each["DSREASN"]): each["SRCREC"]
        for each in files["ADDS"]
    }
    assert told["S01-0", "left", "treatment", "AE"] == "id of S01-0 withdrawal UNSCHEDULED 1"
    assert told["S01-1", "left", "study", "not stated"] is not None
    assert told["S01-8", "not_randomized", None, "withdrawn"] is not None
    assert told["S01-7", "not_randomized", None, "ELIG-05"] is None
    assert told["S01-9", "not_randomized", None, "screening"] is None
    if output_class is CLOSED:
        assert "dosing" in told["S01-0", "treated", None, None]
        assert told["S01-5", "untreated", None, None] is None
        assert told["S01-3", "treated_otherwise", None, None] is not None


def test_an_exit_that_reveals_the_arm_has_no_open_row_and_its_number_is_withheld() -> None:
    definition = revealing()
    rows, files = night(OPEN, definition)
    assert "left" not in {each["DSSTEP"] for each in files["ADDS"]}
    own = [row for row in rows if row.statistic == "left"]
    assert own
    assert all(sources(definition, row, files) is None for row in own)
    rows, files = night(CLOSED, definition)
    for row in rows:
        if row.statistic == "left":
            assert len(sources(definition, row, files) or []) == row.value


def revealing() -> StudyDefinition:
    """The shipped trial, were its withdrawal form one that reveals the arm."""
    forms = tuple(
        each.model_copy(update={"arm_revealing": True}) if each.id == "withdrawal" else each
        for each in NCT.forms
    )
    return NCT.model_copy(update={"forms": forms})


def test_what_happened_after_the_cutoff_is_no_step() -> None:
    _, files = night(CLOSED, cutoff=study().allocated[0].randomized_on)
    assert {each["DSSTEP"] for each in files["ADDS"]} == {
        "registered", "not_randomized", "untreated",
    }  # fmt: skip


def test_a_second_exit_is_a_second_row() -> None:
    assert NCT.disposition is not None
    found: tuple[Exit, ...] = NCT.disposition.exits
    twice = replace_exits((found[0], found[0].model_copy(update={"id": "again"})))
    _, files = night(CLOSED, twice)
    assert [each["DSCAT"] for each in files["ADDS"] if each["DSSTEP"] == "left"] == [
        "treatment", "again",
    ]  # fmt: skip


def replace_exits(exits: tuple[Exit, ...]) -> StudyDefinition:
    assert NCT.disposition is not None
    return NCT.model_copy(
        update={"disposition": NCT.disposition.model_copy(update={"exits": exits})}
    )
