"""A number names the records that it rests on, and they are the ones it was computed from."""

from dataclasses import replace

import pytest

from services.analytics.domain.adam.selection import Selection, selection_from
from services.analytics.domain.adam.selector import Selector
from services.analytics.domain.results import OutputClass, ResultRow
from tests.services.analytics.dated import FAR
from tests.services.analytics.domain.adam.night import nct

ROW = ResultRow(
    endpoint="EFS", population="ITT", group="pooled", statistic="median", value=1.0, method="",
    unit="days", n=1, events=1, cutoff=FAR, inputs_hash="", engine="own",
    output_class=OutputClass.CLOSED,
)  # fmt: skip


def said(**fields: object) -> tuple[str, list[tuple[str, str, tuple[str, ...]]]]:
    found = Selector.of_study(nct()).of(replace(ROW, **fields))  # type: ignore[arg-type]
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
        ({"endpoint": "FLOW", "statistic": "analysed", "population": "SAF", "group": "INO"}, "ADSL",
         [("SAFFL", "EQ", ("Y",)), ("TRT01A", "EQ", ("INO",))]),
        ({"endpoint": "FLOW", "statistic": "left_out", "population": "SAF", "group": "INO",
          "category": "First dose: no date"}, "ADSL",
         [("SAFFL", "EQ", ("N",)), ("SAFRSN", "EQ", ("First dose: no date",)),
          ("TRT01P", "EQ", ("INO",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "registered"},
         "ADDS", [("DSSTEP", "EQ", ("registered",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "not_randomized",
          "category": "ELIG-05"}, "ADDS",
         [("DSSTEP", "EQ", ("not_randomized",)), ("DSREASN", "EQ", ("ELIG-05",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "left", "group": "INO",
          "category": "treatment: AE"}, "ADDS",
         [("DSSTEP", "EQ", ("left",)), ("DSCAT", "EQ", ("treatment",)),
          ("DSREASN", "EQ", ("AE",)), ("TRTP", "EQ", ("INO",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "left", "category": "study"},
         "ADDS", [("DSSTEP", "EQ", ("left",)), ("DSCAT", "EQ", ("study",))]),
        ({"endpoint": "FLOW", "population": "ALL", "statistic": "treated"}, "ADDS",
         [("DSSTEP", "EQ", ("treated",)), ("REVARMFL", "EQ", ("Y",))]),
        ({"subgroup": "sex", "level": "F"}, "ADTTE",
         [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",)), ("SEXGR1", "EQ", ("F",))]),
        ({"subgroup": "first_remission", "level": "lt24m", "group": "INO"}, "ADTTE",
         [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",)), ("TRTP", "EQ", ("INO",)),
          ("STRAT2R", "EQ", ("lt24m",))]),
        ({"subgroup": "mrd", "group": None, "contrast": "INO vs ALLR3"}, "ADTTE",
         [("PARAMCD", "EQ", ("EFS",)), ("ITTFL", "EQ", ("Y",)), ("TRTP", "IN", ("INO", "ALLR3")),
          ("MRDGR1", "IN", ("yes", "no"))]),
        ({"endpoint": "MRDNEG", "population": "MRDEVAL"}, "ADRS",
         [("PARAMCD", "EQ", ("MRDNEG",)), ("MRDEVLFL", "EQ", ("Y",))]),
    ],
)  # fmt: skip
def test_a_result_names_its_dataset_and_conditions(
    fields: dict[str, object], dataset: str, where: list[object]
) -> None:
    assert said(**fields) == (dataset, where)


def test_a_selection_is_stored_and_read_back_the_same() -> None:
    found = Selector.of_study(nct()).of(replace(ROW, group="INO"))
    assert selection_from(found.to_json()) == found


def test_a_record_is_taken_where_every_condition_holds_and_a_summary_is_a_whole_word() -> None:
    found = Selector.of_study(nct()).of(
        replace(ROW, endpoint="AE", population="SAF", category="related")
    )
    record = {"SAFFL": "Y", "ASUMS": "AE.any AE.related"}
    assert found.takes(record)
    assert not found.takes(record | {"SAFFL": "N"})
    assert not found.takes(record | {"ASUMS": "AE.any AE.related_serious"})
    assert not found.takes(record | {"ASUMS": None})


def test_what_a_dataset_does_not_show_cannot_choose_its_records() -> None:
    found: Selection = Selector.of_study(nct()).of(replace(ROW, endpoint="AE", population="SAF"))
    assert found.unknown(["SAFFL"]) == ()
    assert found.unknown(["ITTFL"]) == ("SAFFL",)
