"""Analysis datasets of hand-made children: what a row says, and what an open one does not."""

import csv
import json
import warnings
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from services.analytics.domain.adam.files import dataset_files
from services.analytics.domain.results import OutputClass
from services.analytics.domain.study_data import KeptRecord
from tests.services.analytics.dated import (
    DAY0,
    alive,
    allocated,
    dead,
    dose,
    kept,
    recovery,
    response,
    transplant,
)
from tests.services.analytics.domain.adam.night import derived, nct, of, row, rows
from tests.services.analytics.times import day

OPEN, CLOSED = OutputClass.OPEN, OutputClass.CLOSED
ONE = "S01-001"
CONSENT = kept("consent", {"consent_date": "2024-01-20"}, date(2024, 1, 20), visit="SCR")

DEMOGRAPHICS = kept("demographics", {"birth_month": "2014-02", "sex": "F"}, visit="SCR")


def sample(concentration: str | None, timepoint: str = "END_OF_INFUSION") -> KeptRecord:
    items = {
        "sample_date": DAY0.isoformat(),
        "timepoint": timepoint,
        "concentration": concentration,
        "below_quantification": str(concentration is None).lower(),
    }
    return kept("pk_sample", items, DAY0, visit="C1D1", repeat=1 if concentration else 2)


def event(start: str, grade: str, repeat: int, term: str = "Sepsis") -> KeptRecord:
    items = {"term": term, "grade": grade, "start_date": start, "serious": "true"}
    return kept("adverse_event", items, None, repeat=repeat)


def story(subject: str = ONE) -> list[KeptRecord]:
    """A child that was treated, responded, was transplanted, and died after 400 days."""
    return of(
        subject, CONSENT, DEMOGRAPHICS, dose(day(3)), recovery(day(30)), response(day(28)),
        transplant(day(90)), alive(day(180)), dead(day(400)), sample("212.5"),
        sample(None, "PRE_DOSE"), event("2024-01-25", "2", 1), event("2024-02", "4", 2),
        event("2025-02-10", "5", 3),
    )  # fmt: skip


def test_a_subject_has_its_sets_with_reasons_and_both_of_its_strata() -> None:
    child = replace(allocated(), stratum="a=1", corrected_stratum="a=2")
    (found,) = rows(derived(of(ONE, CONSENT, dose(day(3))), (child,)), "ADSL")
    assert (found["USUBJID"], found["TRT01P"], found["TRT01A"]) == (
        f"NCT05748171-{ONE}",
        "INO",
        "INO",
    )
    assert (found["STRATAR"], found["STRATAV"], found["STRATCFL"]) == ("a=1", "a=2", "Y")
    assert (found["ITTFL"], found["ITTRSN"], found["SAFFL"]) == ("Y", None, "Y")
    assert (found["RESPFL"], found["PKFL"]) == ("N", "N")
    assert found["RESPRSN"] == "First CR, CRp or CRi by the end of induction: no date"
    assert (found["RANDDT"], found["TRTSDT"], found["DTHDT"]) == (DAY0, day(3), None)


@pytest.mark.parametrize("output_class", [OPEN, CLOSED])
def test_a_subject_is_flagged_dead_or_was_last_seen_alive_by_the_cutoff(
    output_class: OutputClass,
) -> None:
    (died,) = rows(derived(story()), "ADSL", output_class)
    assert (died["DTHFL"], died["DTHDT"], died["LSTALVDT"]) == ("Y", day(400), day(180))
    (before,) = rows(derived(story(), cutoff=day(300)), "ADSL", output_class)
    assert (before["DTHFL"], before["DTHDT"], before["LSTALVDT"]) == (None, None, day(180))
    (unseen,) = rows(derived(story(), cutoff=day(100)), "ADSL", output_class)
    assert (unseen["DTHFL"], unseen["LSTALVDT"]) == (None, None)


def test_a_stratum_that_nobody_corrected_stands_in_both_places() -> None:
    (found,) = rows(derived([]), "ADSL")
    assert (found["STRATAR"], found["STRATAV"], found["STRATCFL"]) == ("*", "*", "N")


def test_a_time_leads_to_the_version_of_the_record_that_ended_it() -> None:
    found = row(derived(story()), "ADTTE", "OS", CLOSED)
    assert (found["STARTDT"], found["STARTSRC"]) == (day(3), "first_dose")
    assert (found["ADT"], found["AVAL"], found["CNSR"]) == (day(400), Decimal(398), 0)
    assert (found["EVNTDESC"], found["CNSDTDSC"], found["CAUSE"]) == ("Death", None, 1)
    assert [found[name] for name in ("SRCDOM", "SRCVAR", "SRCVIS", "SRCSEQ", "SRCVER")] == [
        "survival_status", "death_date", "FU60", 1, 1,
    ]  # fmt: skip
    assert found["SRCREC"] == f"id of {ONE} survival_status FU60 1 of {ONE}"


def test_a_time_to_the_first_of_two_causes_says_which_it_was() -> None:
    night = derived(story())
    assert row(night, "ADTTE", "HSCT", CLOSED)["CAUSE"] == 1
    died = row(night, "ADTTE", "CART", CLOSED)
    assert (died["CNSR"], died["CAUSE"], died["EVNTDESC"]) == (0, 2, "Death")


def test_a_success_has_its_date_and_record_and_a_failure_neither() -> None:
    night = derived(story())
    found = row(night, "ADRS", "HSCT", CLOSED)
    assert (found["AVAL"], found["AVALC"], found["ADT"]) == (Decimal(1), "Y", day(90))
    assert (found["SRCDOM"], found["SRCVAR"]) == ("hsct", "transplant_date")
    failed = row(night, "ADRS", "MRDNEG", CLOSED)
    assert (failed["AVAL"], failed["AVALC"], failed["ADT"], failed["SRCDOM"]) == (
        Decimal(0), "N", None, None,
    )  # fmt: skip


def test_an_event_tells_whether_it_counts_and_by_which_summaries() -> None:
    first, second, late = rows(derived(story()), "ADAE")
    assert (first["SAFWINFL"], first["TRTEMFL"], first["AOCCIFL"]) == ("Y", "N", "N")
    assert first["ASUMS"] == "AE.any AE.serious AESEV.any AESEV.serious"
    assert (second["ASTDT"], second["ASTDTC"], second["TRTEMFL"]) == (None, "2024-02", "Y")
    assert (second["AOCCIFL"], second["ATOXGR"], second["AESER"]) == ("Y", "4", "Y")
    assert (late["SAFWINFL"], late["TRTEMFL"], late["ASUMS"]) == ("N", "N", None)
    assert (first["AEDECOD"], first["AEBODSYS"]) == ("Sepsis", "Infections and infestations")


def test_a_concentration_that_counts_is_a_parameter_and_every_sample_a_row() -> None:
    night = derived(story())
    counted = rows(night, "ADPP")
    assert [(each["PARAMCD"], each["AVISIT"], each["AVAL"]) for each in counted] == [
        ("PKCMAX", "C1D1", Decimal("212.5"))
    ]
    measured, below = rows(night, "ADPC")
    assert (measured["AVALC"], measured["AVALU"], measured["BLQFL"]) == ("212.5", "ng/mL", "N")
    assert (below["AVAL"], below["AVALC"], below["BLQFL"]) == (None, "BLQ", "Y")


def test_an_open_time_that_began_with_the_first_dose_is_withheld_and_says_so() -> None:
    night = derived(story())
    found = row(night, "ADTTE", "OS", OPEN)
    assert (found["STARTDT"], found["STARTSRC"], found["AVAL"]) == (None, None, None)
    assert (found["MASKFL"], found["ADT"], found["CNSR"]) == ("Y", day(400), 0)
    whole = row(night, "ADTTE", "EFS", OPEN)
    assert (whole["MASKFL"], whole["AVAL"]) == ("N", Decimal(400))
    hidden = row(night, "ADRS", "HSCT", OPEN)
    assert (hidden["AVALC"], hidden["ADT"], hidden["SRCREC"]) == (None, None, None)


def treated_with(product: str, number: int, each: KeptRecord) -> KeptRecord:
    """A dose of the product, on a day that tells which it is."""
    if each.form != "dosing":
        return each
    on = day(1 + number if product == "INO" else 5 + number)
    items = {**each.items, "product": product, "dose_date": on.isoformat()}
    return replace(each, items=items, observed_on=on)


def files(arms: dict[str, str], output_class: OutputClass) -> bytes:
    """All files of children who received what they were randomized to."""
    products = {"INO": "INO", "ALLR3": "DEX"}
    records = [
        treated_with(products[arm], number, each)
        for number, (subject, arm) in enumerate(arms.items())
        for each in story(subject)
        if each.form != "pk_sample" or arm == "INO"
    ]
    children = tuple(allocated(subject, arm) for subject, arm in arms.items())
    made = dataset_files(nct(), derived(records, children), output_class, "0.1.0")
    return b"".join(each.name.encode() + each.content for each in made)


@pytest.mark.parametrize(("output_class", "same"), [(OPEN, True), (CLOSED, False)])
def test_no_byte_of_an_open_file_depends_on_an_arm_or_on_what_reveals_it(
    output_class: OutputClass, same: bool
) -> None:
    def made(first: str, second: str) -> bytes:
        return files({"S01-001": first, "S01-002": second}, output_class)

    assert (made("INO", "ALLR3") == made("ALLR3", "INO")) is same
    assert (b"ALLR3" in made("INO", "ALLR3")) is not same


def test_the_same_night_has_the_same_bytes_and_no_clock_stands_in_them() -> None:
    night = derived(story(), cutoff=date(2026, 6, 30))
    first, again = (
        {each.name: each.content for each in dataset_files(nct(), night, CLOSED, "0.1.0")}
        for _ in range(2)
    )
    assert first == again
    assert b'"datasetJSONCreationDateTime":"2026-06-30T23:59:59+00:00"' in first["adtte.json"]
    assert b"30JUN26:23:59:59" in first["adtte.xpt"]


def test_a_stranger_reads_the_transport_files_back(tmp_path: Path) -> None:
    import pyreadstat

    night = derived(story())
    for each in dataset_files(nct(), night, CLOSED, "0.1.0"):
        if not each.name.endswith(".xpt"):
            continue
        file = tmp_path / each.name
        file.write_bytes(each.content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            frame, meta = pyreadstat.read_xport(file)
        name = each.name.removesuffix(".xpt").upper()
        expected = rows(night, name)
        assert (meta.table_name, len(frame), each.rows) == (name, len(expected), len(expected))
        assert list(frame.columns) == list(expected[0])
        assert list(frame["SUBJID"]) == [each["SUBJID"] for each in expected]
        if name == "ADTTE":
            assert list(frame["AVAL"]) == [float(each["AVAL"]) for each in expected]
            assert list(frame["ADT"]) == [each["ADT"] for each in expected]


def test_a_text_that_a_spreadsheet_would_run_is_made_harmless() -> None:
    records = [*story(), *of(ONE, event("2024-03-01", "3", 9, term="=1+1"))]
    made = {each.name: each.content for each in dataset_files(nct(), derived(records), CLOSED, "0")}
    assert b",'=1+1," in made["adae.csv"]
    assert b'"=1+1"' in made["adae.json"]


def test_a_row_lies_in_the_formats_as_its_cells() -> None:
    made = {each.name: each.content for each in dataset_files(nct(), derived(story()), CLOSED, "0")}
    content = json.loads(made["adtte.json"])
    head, *lines = [json.loads(line) for line in made["adtte.ndjson"].splitlines()]
    assert (head | {"rows": lines}) == content
    names = [column["name"] for column in content["columns"]]
    survival = next(r for r in content["rows"] if r[names.index("PARAMCD")] == "OS")
    assert survival[names.index("ADT")] == day(400).isoformat()
    (line,) = [r for r in csv.DictReader(made["adtte.csv"].decode().splitlines())
               if r["PARAMCD"] == "OS"]  # fmt: skip
    assert (line["AVAL"], line["CNSR"], line["CNSDTDSC"]) == ("398", "0", "")
    assert content["columns"][names.index("PARAMCD")]["keySequence"] == 3
