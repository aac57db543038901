"""A number names the records that it rests on, and they are the ones it was computed from."""

from dataclasses import replace

import pytest

from services.analytics.domain.adam.selection import Selection, selection_from, selection_of
from services.analytics.domain.results import OutputClass, ResultRow
from tests.services.analytics.dated import FAR
from tests.services.analytics.domain.adam.night import nct

ROW = ResultRow(
    endpoint="EFS", population="ITT", group="pooled", statistic="median", value=1.0, method="",
    unit="days", n=1, events=1, cutoff=FAR, inputs_hash="", engine="own",
    output_class=OutputClass.CLOSED,
)  # fmt: skip


def said(**fields: object) -> tuple[str, list[tuple[str, str, tuple[str, ...]]]]:
    found = selection_of(nct(), replace(ROW, **fields))  # type: ignore[arg-type]
    return found.dataset, [(each.variable, each.comparator, each.values) for each in found.where]


@pytest.mark.parametrize(
    ("fields", "dataset", "where"),
    [
        ({}, "ADTTE", [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",))]),
        ({"group": "INO"}, "ADTTE",
         [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",)), ("TRTP", "EQ", ("INO",))]),
        ({"group": None, "contrast": "INO vs ALLR3"}, "ADTTE",
         [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",)), ("TRTP", "IN", ("INO", "ALLR3"))]),
        ({"endpoint": "HSCT", "population": "RESP"}, "ADRS",
         [("PARAMCD", "EQ", ("HSCT",)), ("RESPFL", "EQ", ("Y",))]),
        ({"endpoint": "HSCT", "statistic": "incidence"}, "ADTTE",
         [("PARAMCD", "EQ", ("HSCT",)), ("ITTFL", "EQ", ("Y",))]),
        ({"endpoint": "AE", "population": "SAF", "group": "INO", "category": "serious"}, "ADAE",
         [("SAFFL", "EQ", ("Y",)), ("TRTA", "EQ", ("INO",)),
          ("ASUMS", "CONTAINS", ("AE.serious",))]),
        ({"endpoint": "AESEV", "population": "SAF", "category": "any: Infections: Sepsis"}, "ADAE",
         [("SAFFL", "EQ", ("Y",)), ("ASUMS", "CONTAINS", ("AESEV.any",)),
          ("AEBODSYS", "EQ", ("Infections",)), ("AEDECOD", "EQ", ("Sepsis",))]),
        ({"endpoint": "AE", "population": "SAF", "group": "INO"}, "ADSL",
         [("SAFFL", "EQ", ("Y",)), ("TRT01A", "EQ", ("INO",))]),
        ({"endpoint": "PKCMAX", "population": "PK", "group": "INO", "category": "C1D8"}, "ADPP",
         [("PARAMCD", "EQ", ("PKCMAX",)), ("PKFL", "EQ", ("Y",)), ("TRTA", "EQ", ("INO",)),
          ("AVISIT", "EQ", ("C1D8",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "randomized", "group": "INO"},
         "ADSL", [("TRT01P", "EQ", ("INO",))]),
        ({"endpoint": "FLOW", "statistic": "analysed"}, "ADSL", [("ITTFL", "EQ", ("Y",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "registered"},
         "ADSL", [("FLOW", "EQ", ("registered",))]),
        ({"subgroup": "sex", "level": "female"}, "ADTTE",
         [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",)), ("sex", "EQ", ("female",))]),
        ({"endpoint": "MRDNEG", "population": "MRDEVAL"}, "ADRS",
         [("PARAMCD", "EQ", ("MRDNEG",)), ("MRDEVLFL", "EQ", ("Y",))]),
    ],
)  # fmt: skip
def test_a_result_names_its_dataset_and_conditions(
    fields: dict[str, object], dataset: str, where: list[object]
) -> None:
    assert said(**fields) == (dataset, where)


def test_a_selection_is_stored_and_read_back_the_same() -> None:
    found = selection_of(nct(), replace(ROW, group="INO"))
    assert selection_from(found.to_json()) == found


def test_a_record_is_taken_where_every_condition_holds_and_a_summary_is_a_whole_word() -> None:
    found = selection_of(nct(), replace(ROW, endpoint="AE", population="SAF", category="related"))
    record = {"SAFFL": "Y", "ASUMS": "AE.any AE.related"}
    assert found.takes(record)
    assert not found.takes(record | {"SAFFL": "N"})
    assert not found.takes(record | {"ASUMS": "AE.any AE.related_serious"})
    assert not found.takes(record | {"ASUMS": None})


def test_what_a_dataset_does_not_show_cannot_choose_its_records() -> None:
    found: Selection = selection_of(nct(), replace(ROW, endpoint="AE", population="SAF"))
    assert found.unknown(["SAFFL"]) == ()
    assert found.unknown(["ITTFL"]) == ("SAFFL",)
