"""SDTM values of a hand-made child, as a table of what is expected."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from services.assessments.domain.exports.participant import Variant
from services.assessments.domain.exports.sdtm import Sdtm
from services.assessments.domain.exports.sdtm_subjects import subject_rows, trial_rows
from services.assessments.domain.kept import Kept
from tests.services.assessments.exports.children import participant
from tests.services.assessments.exports.support import mapping_pack, study


def sdtm(variant: Variant = "unblinded") -> Sdtm:
    return Sdtm(mapping_pack(), study(), variant)


def rows(domain: str, variant: Variant = "unblinded", arm: str = "INO") -> list[dict[str, Any]]:
    mapping = sdtm(variant)
    child = mapping.child(participant(study(), arm, variant))
    columns = [column.name for column in mapping.dataset(domain).columns]
    return [dict(zip(columns, row, strict=True)) for row in subject_rows(mapping, domain, child)]


def changed_rows(domain: str, form: str, **items: Kept | None) -> list[dict[str, Any]]:
    """The rows of a child of whom one form says something else; None takes an item out."""
    told = participant(study())
    histories = []
    for each in told.histories:
        if each.form == form:
            kept = {name: value for name, value in (each.items() | items).items() if value}
            each = replace(each, versions=(replace(each.latest, changes=kept),))  # noqa: PLW2901
        histories.append(each)
    mapping = sdtm()
    child = mapping.child(replace(told, histories=tuple(histories)))
    columns = [column.name for column in mapping.dataset(domain).columns]
    return [dict(zip(columns, row, strict=True)) for row in subject_rows(mapping, domain, child)]


EXPECTED: list[tuple[str, int, dict[str, Any]]] = [
    ("DM", 0, {"STUDYID": "NCT05748171", "USUBJID": "NCT05748171-S01-001", "SUBJID": "S01-001",
               "RFSTDTC": "2024-01-30", "RFXSTDTC": "2024-01-30", "RFICDTC": "2024-01-20",
               "DTHDTC": "2024-07-28", "DTHFL": "Y", "BRTHDTC": "2015-06", "AGE": 8, "SEX": "F",
               "ARMCD": "INO", "COUNTRY": "CZ", "ARMNRS": None}),
    ("DS", 0, {"DSDECOD": "INFORMED CONSENT OBTAINED", "DSSTDTC": "2024-01-20", "DSSTDY": -10}),
    ("DS", 1, {"DSDECOD": "RANDOMIZED", "DSCAT": "PROTOCOL MILESTONE", "DSSTDTC": "2024-01-29",
               "DSSTDY": -1, "DSSEQ": 2}),
    ("DS", 2, {"DSDECOD": "DEATH", "DSCAT": "DISPOSITION EVENT", "DSSTDTC": "2024-07-28"}),
    ("EX", 0, {"EXTRT": "INO", "EXDOSE": Decimal("0.8"), "EXDOSU": "mg/m2", "EXSTDTC": "2024-01-30",
               "EXSTDY": 1, "VISITNUM": 2}),
    ("EC", 0, {"ECTRT": "INO", "ECOCCUR": "Y"}),
    ("LB", 0, {"LBTESTCD": "PLAT", "LBORRES": "20", "LBORRESU": "10*9/L", "LBDTC": "2024-01-28",
               "LBDY": -2, "VISIT": "Screening", "VISITNUM": 1, "LBSEQ": 1}),
    ("LB", 1, {"LBTESTCD": "NEUT", "LBORRES": "1050", "LBORRESU": "/uL", "LBSTRESC": "1.05",
               "LBSTRESN": Decimal("1.05"), "LBSTRESU": "10*9/L", "LBDY": 28, "LBSTAT": None}),
    ("LB", 2, {"LBTESTCD": "PLAT", "LBORRES": "<5", "LBSTRESC": "<5", "LBSTRESN": None}),
    ("LB", 3, {"LBTESTCD": "WBC", "LBORRES": None, "LBSTRESC": None, "LBSTAT": "NOT DONE",
               "LBREASND": "Sample clotted"}),
    ("LB", 4, {"LBTESTCD": "HGB", "LBORRES": "9.9", "LBORRESU": "g/dL",
               "LBSTRESN": Decimal(99), "LBSTRESU": "g/L"}),
    ("LB", 5, {"LBTESTCD": "BLASTLE", "LBSTAT": "NOT DONE", "LBREASND": "unknown"}),
    ("LB", 6, {"LBTESTCD": "MRD", "LBORRES": "0.005", "LBORRESU": "%", "LBSTRESC": "0.00005",
               "LBSTRESN": Decimal("0.00005"), "LBSTRESU": "1", "LBLLOD": Decimal("0.00001"),
               "LBREFID": "M1", "LBSPEC": "BONE MARROW", "LBSEQ": 7}),
    ("RS", 0, {"RSTESTCD": "MRDRESP", "RSORRES": "Quantified", "RSSTRESC": "QUANTIFIED"}),
    ("RS", 1, {"RSTESTCD": "OVRLRESP", "RSSTRESC": "CRp", "RSEVAL": "INVESTIGATOR",
               "RSORRES": "Complete response without platelet recovery", "RSDY": 28}),
    ("AE", 0, {"AETERM": "Febrile neutropenia", "AETOXGR": "3", "AESER": "Y", "AESHOSP": "Y",
               "AESDTH": None, "AESTDTC": "2024-02", "AESTDY": None,
               "AEOUT": "RECOVERED/RESOLVED"}),
    ("PR", 0, {"PRTRT": "HEMATOPOIETIC STEM CELL TRANSPLANT", "PRSTDTC": "2024-04-10"}),
    ("PC", 0, {"PCTESTCD": "INO", "PCORRES": "0.308", "PCORRESU": "ug/mL",
               "PCSTRESN": Decimal(308), "PCSTRESU": "ng/mL", "PCTPT": "End of infusion",
               "PCDTC": "2024-01-30"}),
    ("PC", 1, {"PCORRES": "<1", "PCSTRESC": "<1", "PCSTRESN": None, "PCLLOQ": Decimal(1),
               "PCDTC": "2024-01-30T09:00:00+01:00", "PCDY": 1}),
    ("SS", 0, {"SSTESTCD": "SURVSTAT", "SSSTRESC": "DEAD"}),
    ("SV", 0, {"VISIT": "Screening", "SVSTDTC": "2024-01-20", "SVENDTC": "2024-01-28"}),
]  # fmt: skip


@pytest.mark.parametrize(("domain", "number", "expected"), EXPECTED)
def test_a_row_of_the_child_has_the_expected_values(
    domain: str, number: int, expected: dict[str, Any]
) -> None:
    row = rows(domain)[number]
    assert {name: row[name] for name in expected} == expected


def test_a_death_without_a_date_is_a_death_and_takes_no_other_date() -> None:
    (subject,) = changed_rows("DM", "survival_status", death_date=None)
    assert (subject["DTHFL"], subject["DTHDTC"]) == ("Y", None)
    (adsl,) = changed_rows("ADSL", "survival_status", death_date=None)
    assert adsl["DTHDT"] is None
    (death,) = (
        row
        for row in changed_rows("DS", "survival_status", death_date=None)
        if row["DSDECOD"] == "DEATH"
    )
    assert (death["DSSTDTC"], death["DSSTDY"]) == (None, None)


@pytest.mark.parametrize(
    ("term", "coded"),
    [
        ("Febrile neutropenia", "Febrile neutropenia"),
        ("febrile  NEUTROPENIA", "Febrile neutropenia"),
        ("Broken heart", None),
    ],
)
def test_a_term_is_coded_by_the_dictionary_and_not_at_all_where_it_lacks_it(
    term: str, coded: str | None
) -> None:
    (event,) = changed_rows("AE", "adverse_event", term=Kept(term))
    assert (event["AETERM"], event["AEDECOD"]) == (term, coded)


@pytest.mark.parametrize("domain", ["DS", "AE", "LB", "RS", "PC", "EX"])
def test_sequence_numbers_count_up_without_a_gap(domain: str) -> None:
    found = [row[f"{domain}SEQ"] for row in rows(domain)]
    assert found == list(range(1, len(found) + 1))


def test_no_study_day_is_zero() -> None:
    days = [row["DSSTDY"] for row in rows("DS")]
    assert 0 not in days


def test_blinded_there_is_no_domain_that_tells_the_arm_and_days_count_from_randomization() -> None:
    assert {"EX", "EC", "PC"}.isdisjoint(sdtm("blinded").domains())
    assert {"EX", "EC", "PC"} <= set(sdtm("unblinded").domains())
    child = rows("DM", "blinded")[0]
    assert (child["RFSTDTC"], child["RFXSTDTC"], child["ARMCD"]) == ("2024-01-29", None, None)


def test_blinded_rows_are_the_same_whatever_the_arm() -> None:
    for domain in sdtm("blinded").domains():
        if domain not in {"TA", "TS"}:
            assert rows(domain, "blinded", "INO") == rows(domain, "blinded", "ALLR3"), domain


def test_unblinded_they_are_not() -> None:
    assert rows("DM", arm="INO") != rows("DM", arm="ALLR3")


def test_the_trial_is_described_by_its_study() -> None:
    arms = list(trial_rows(sdtm(), "TA"))
    assert [row[2] for row in arms] == ["INO"] * 3 + ["ALLR3"] * 3
    assert len(list(trial_rows(sdtm(), "TS"))) == 7


def test_every_variable_fits_sas_and_every_source_has_a_topic() -> None:
    pack = mapping_pack()
    for dataset in pack.datasets.values():
        names = [column.name for column in dataset.columns]
        assert len(set(names)) == len(names)
        assert set(dataset.keys) <= set(names), dataset.name
        for column in dataset.columns:
            assert len(column.name) <= 8, column
            assert len(column.label) <= 40, column
            assert column.label.isascii()
    for source in pack.sources:
        assert len(source.testcd or "") <= 8
        assert len(source.test or "") <= 40
        columns = {column.name for column in pack.datasets[source.domain].columns}
        made = {*source.constants(), *(fill.variable for fill in pack.fills(source))}
        assert made <= columns, (source.domain, made - columns)
        topic = {"events": "TERM", "interventions": "TRT"}.get(
            pack.classes[source.domain], "TESTCD"
        )
        assert source.domain + topic in made, source


def test_the_pack_names_forms_and_items_of_the_shipped_study_only() -> None:
    pack = mapping_pack()
    forms = {form.id: {item.id for item in form.items} for form in study().forms}
    for source in pack.sources:
        if source.form.startswith("@"):
            continue
        named = {source.item, source.when_item, source.date, source.end, source.below,
                 source.limit} | {fill.item for fill in pack.fills(source)}  # fmt: skip
        assert named - {None} <= forms[source.form], source


def test_a_study_without_these_forms_has_the_general_domains_only() -> None:
    freireich = study("freireich-1963")
    found = Sdtm(mapping_pack(), freireich, "blinded").domains()
    assert {"DM", "SV", "TA", "TS", "DS"} <= set(found)
    assert "LB" not in found


def test_of_a_record_that_was_taken_back_no_row_is_made() -> None:
    event = next(each for each in participant(study()).histories if each.form == "adverse_event")
    assert len(rows("AE")) == 1
    assert changed_rows("AE", "adverse_event", **dict.fromkeys(event.items())) == []
