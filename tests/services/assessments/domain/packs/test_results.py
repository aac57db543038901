"""Results explain themselves, and depend on facts and packs alone."""

import json
import random
from dataclasses import fields, replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.disease import PACKS
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.result import explain, to_json
from shared.rules.loading import load_pack
from tests.services.assessments.domain.packs.disease_cases import induction, results
from tests.support.examples import examples

CHILD = induction(
    response=[{"assessment_date": "2024-02-25", "response": "CR"}],
    mrd=[
        {
            "record": "pcr",
            "version": 2,
            "sample_id": "S1",
            "sample_date": "2024-02-25",
            "method": "RQPCR",
            "kind": "NEG",
            "sensitivity": "0.001",
        },
        {
            "record": "flow",
            "sample_id": "S1",
            "sample_date": "2024-02-25",
            "method": "FC",
            "kind": "NEG",
            "sensitivity": "0.0001",
        },
    ],
)


def test_an_explanation_names_value_rule_facts_inputs_and_pack() -> None:
    words = explain(results(CHILD)["mrd_status:S1"])
    assert words.splitlines()[0] == "mrd_status:S1: NEGATIVE. Status final (rqpcr_sensitivity)."
    assert "Decided by rule fc." in words
    assert "RQ-PCR is evaluable and stands for the sample. This does not hold." in words
    assert "pcr v2 sensitivity" in words
    assert f"Rule pack mrd 1.0.0 (sha256 {load_pack('mrd').sha256[:12]})" in words


def test_json_of_a_result_holds_texts_for_dates_and_decimals_and_survives_a_round_trip() -> None:
    found = results(CHILD)
    for result in found.values():
        shown = to_json(result)
        assert json.loads(json.dumps(shown)) == shown
    assert to_json(found["eot"])["value"] == "2024-02-26"


def test_every_rule_tried_is_a_rule_of_the_pack_that_the_result_names() -> None:
    for result in results(CHILD).values():
        pack = load_pack(result.pack.id)
        assert result.pack.sha256 == pack.sha256
        assert {verdict.rule for verdict in result.tried} <= set(pack.rules)
        assert result.rule is None or result.rule in pack.rules


def test_every_result_rests_on_records_that_exist() -> None:
    known = {
        record.record
        for form in fields(CHILD)
        if form.name != "subject"
        for record in getattr(CHILD, form.name)
    }
    for result in results(CHILD).values():
        assert result.inputs
        assert {ref.record for ref in result.inputs} <= known


@pytest.mark.parametrize("status", ["ne", "pending"])
def test_what_is_not_evaluable_or_pending_says_why(status: str) -> None:
    unknown = [results(induction(marrow={"blasts": None}, end_of_treatment=[]), date(2024, 3, 9))]
    open_results = [each for found in unknown for each in found.values() if each.status == status]
    assert open_results
    assert all(result.reason for result in open_results)


@examples(0.8)
@given(st.integers(0, 2**32))
def test_the_order_in_which_facts_arrive_changes_no_result(seed: int) -> None:
    shuffled: dict[str, object] = {}
    for form in fields(SubjectFacts):
        if form.name != "subject":
            records = list(getattr(CHILD, form.name))
            random.Random(seed).shuffle(records)
            shuffled[form.name] = tuple(records)
    again = results(replace(CHILD, **shuffled))  # type: ignore[arg-type]
    for name, result in results(CHILD).items():
        assert (again[name].value, again[name].rule, again[name].inputs) == (
            result.value,
            result.rule,
            result.inputs,
        )


def test_the_packs_of_disease_are_shipped() -> None:
    assert [load_pack(name).id for name in PACKS] == list(PACKS)


def test_the_order_of_records_with_partial_dates_shows_in_no_trace() -> None:
    told = [
        {"record": "n1", "start_date": "2024"},
        {"record": "n2", "start_date": "2024-02"},
    ]
    forwards = results(induction(new_anticancer_therapy=told))
    backwards = results(induction(new_anticancer_therapy=told[::-1]))
    assert forwards["response_computed"].reason == "partial_date"
    assert forwards == backwards


def test_the_order_of_consolidations_shows_in_no_trace() -> None:
    told = [
        {"record": "n1", "start_date": "2024-03-20", "therapy_class": "CONSOLIDATION"},
        {"record": "n2", "start_date": "2024-02-27", "therapy_class": "CONSOLIDATION"},
    ]
    forwards = results(induction(new_anticancer_therapy=told))["eot"]
    assert sum(each.rule == "consolidation_gap" for each in forwards.tried) == len(told)
    assert forwards == results(induction(new_anticancer_therapy=told[::-1]))["eot"]
