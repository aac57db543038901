"""What no variable is for, and what a form asks about the time before the study."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.assessments.domain.exports.participant import Variant
from services.assessments.domain.exports.sdtm import Sdtm
from services.assessments.domain.exports.sdtm_subjects import subject_rows
from services.assessments.domain.kept import Kept
from shared.study.sdtm_homes import sdtm_homes
from tests.services.assessments.exports.children import participant
from tests.services.assessments.exports.support import mapping_pack, study

CELLS = {"relation_ino": "RELATED", "relation_dex": "NOT_RELATED", "specify": 'Café, "cold"'}


def rows(
    domain: str, form: str, visit: str = "UNS", variant: Variant = "unblinded", **items: str
) -> list[dict[str, Any]]:
    """The rows of a child who has one record more."""
    told = participant(study(), "INO", variant)
    template = told.histories[0]
    latest = replace(
        template.latest,
        changes={name: Kept(text) for name, text in items.items()},
        observed_on=date(2024, 2, 27),
    )
    more = replace(
        template, record_id="ffffffff-0000-4000-8000-000000000001", form=form, visit=visit,
        repeat=9, versions=(latest,),
    )  # fmt: skip
    mapping = Sdtm(mapping_pack(), study(), variant)
    child = mapping.child(replace(told, histories=(*told.histories, more)))
    columns = [column.name for column in mapping.dataset(domain).columns]
    return [dict(zip(columns, row, strict=True)) for row in subject_rows(mapping, domain, child)]


EVENT = {"term": "Anaemia", "start_date": "2024-03-01", "serious": "false"} | CELLS


def test_causality_by_drug_stands_beside_the_row_of_its_event() -> None:
    (event,) = (row for row in rows("AE", "adverse_event", **EVENT) if row["AETERM"] == "Anaemia")
    found = rows("SUPPAE", "adverse_event", **EVENT)
    assert {row["QNAM"]: row["QVAL"] for row in found} == {
        "AERELINO": "RELATED", "AERELDEX": "NOT RELATED", "AESPEC": 'Café, "cold"',
    }  # fmt: skip
    assert {(row["RDOMAIN"], row["IDVAR"], row["IDVARVAL"], row["QORIG"]) for row in found} == {
        ("AE", "AESEQ", str(event["AESEQ"]), "CRF")
    }


def test_blinded_there_is_no_causality_of_a_drug_and_nothing_that_was_done_with_it() -> None:
    told = EVENT | {"action_ino": "WITHDRAWN"}
    found = rows("SUPPAE", "adverse_event", variant="blinded", **told)
    assert [row["QNAM"] for row in found] == ["AESPEC"]
    events = rows("AE", "adverse_event", variant="blinded", **told)
    assert {row.get("AEACN") for row in events} == {None}


def test_what_was_done_with_the_treatment_is_one_word_and_drug_by_drug_beside_it() -> None:
    def told(**actions: str) -> tuple[Any, dict[str, Any]]:
        items = EVENT | actions
        (event,) = (r for r in rows("AE", "adverse_event", **items) if r["AETERM"] == "Anaemia")
        beside = {row["QNAM"]: row["QVAL"] for row in rows("SUPPAE", "adverse_event", **items)}
        return event["AEACN"], {name: v for name, v in beside.items() if name[:5] == "AEACN"}

    assert told() == (None, {})
    assert told(action_ino="WITHDRAWN") == ("DRUG WITHDRAWN", {"AEACNINO": "DRUG WITHDRAWN"})
    alike = {"action_dex": "REDUCED", "action_vcr": "REDUCED"}
    assert told(**alike)[0] == "DOSE REDUCED"
    assert told(**alike | {"action_pegasp": "UNK"}) == (
        "MULTIPLE",
        {"AEACNDEX": "DOSE REDUCED", "AEACNVCR": "DOSE REDUCED", "AEACNPEG": "UNKNOWN"},
    )


def test_a_qualifier_of_the_child_points_at_no_row_and_the_last_stands() -> None:
    (row,) = rows("SUPPDM", "consent", consent_date="2024-02-20", assent_due="true")
    assert (row["RDOMAIN"], row["IDVAR"], row["IDVARVAL"], row["QNAM"], row["QVAL"]) == (
        "DM", None, None, "ASSNTDUE", "Y",
    )  # fmt: skip


def test_a_qualifier_of_one_test_stands_beside_that_test_only() -> None:
    sample = {"sample_id": "Q1", "sample_date": "2024-03-01", "method": "FC", "kind": "QUANT",
              "assay_valid": "true", "fraction": "0.001", "events": "500000"}  # fmt: skip
    found = [row for row in rows("SUPPRS", "mrd", **sample) if row["QVAL"] == "500000"]
    assert [row["QNAM"] for row in found] == ["RSEVTN"]


@pytest.mark.parametrize(
    ("domain", "form", "items", "expected"),
    [
        ("SUPPPR", "hsct",
         {"transplant_date": "2024-05-01", "donor": "CORD", "conditioning": "TBI"},
         [("PRDONOR", "CORD"), ("PRCOND", "Total body irradiation")]),
        ("SUPPCE", "relapse_progression",
         {"event_date": "2024-05", "event": "RELAPSE", "cns_involved": "true"}, [("CECNS", "Y")]),
        ("SUPPSS", "survival_status",
         {"contact_date": "2024-06-01", "status": "LOST", "last_known_alive_date": "2024-05"},
         [("SSALIVDT", "2024-05")]),
    ],
)  # fmt: skip
def test_items_without_a_variable_are_qualifiers(
    domain: str, form: str, items: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    found = [(row["QNAM"], row["QVAL"]) for row in rows(domain, form, **items)]
    assert found[-len(expected) :] == expected


def test_what_was_before_the_study_has_no_start_in_it() -> None:
    answers = {"sos_vod_history": "false", "gilbert_syndrome": "true"}
    found = {row["MHTERM"]: row for row in rows("MH", "eligibility", **answers)}
    told = {
        name: (row["MHPRESP"], row["MHOCCUR"], row["MHSTDTC"], row["MHSTDY"])
        for name, row in found.items()
    }
    assert told == {
        "SINUSOIDAL OBSTRUCTION SYNDROME": ("Y", "N", None, None),
        "GILBERT SYNDROME": ("Y", "Y", None, None),
    }


def test_a_visit_that_did_not_take_place_says_why() -> None:
    (row,) = (
        row for row in rows("SV", "visit", "FU12", reason_not_done="Snow") if row["SVOCCUR"] == "N"
    )
    assert (row["SVREASOC"], row["SVSTDTC"]) == ("Snow", None)
    assert all(each["SVREASOC"] is None for each in rows("SV", "visit", "FU12"))


def test_the_cause_of_death_has_its_own_domain() -> None:
    death = {"contact_date": "2024-06-01", "status": "DEAD", "death_cause": "TRANSPLANT"}
    (row,) = (row for row in rows("DD", "survival_status", **death) if row["DDDTC"] == "2024-06-01")
    assert (row["DDTESTCD"], row["DDSTRESC"]) == ("PRCDTH", "TRANSPLANT")


def test_every_item_of_the_trial_has_a_home() -> None:
    homes = sdtm_homes(study())
    items = {(form.id, item.id) for form in study().forms for item in form.items}
    assert items - homes.keys() == set()


def test_names_of_qualifiers_fit_the_model_and_are_of_items_that_exist() -> None:
    forms = {form.id: {item.id for item in form.items} for form in study().forms}
    pack = mapping_pack()
    for each in pack.qualifiers:
        assert each.item in forms[each.form], each
        assert len(each.qnam) <= 8
        assert len(each.qlabel) <= 40
        assert f"SUPP{each.domain}" in pack.datasets, each
    assert len({(each.domain, each.qnam) for each in pack.qualifiers}) == len(pack.qualifiers)
