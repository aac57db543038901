"""Identifiers as Rave spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.rave.oids import (
    StudyOid,
    match,
    number_of,
    repeat_number,
    serves,
    study_oid,
    subject_uuid,
)


@pytest.mark.parametrize(
    ("text", "study", "environment"),
    [
        ("INO", "INO", "Prod"),
        ("INO(Prod)", "INO", "Prod"),
        ("INO (DEV)", "INO", "DEV"),
        ("INO(DEV)", "INO", "DEV"),
        (" INO (Aux 2) ", "INO", "Aux 2"),
        ("NCT05748171(Prod)", "NCT05748171", "Prod"),
    ],
)
def test_a_study_oid_is_a_study_and_an_environment(text: str, study: str, environment: str) -> None:
    assert study_oid(text) == StudyOid(study, environment)


@pytest.mark.parametrize("text", ["", "(DEV)", "INO()", "INO(DEV", "INO(DEV)(DEV)", "A B (DEV)"])
def test_what_is_no_study_oid_is_told_so(text: str) -> None:
    assert study_oid(text) is None


@pytest.mark.parametrize(
    ("mode", "environment", "meant"),
    [("live", "Prod", True), ("live", "prod", True), ("live", "DEV", False),
     ("training", "DEV", True), ("training", "Prod", True)],
)  # fmt: skip
def test_only_production_reaches_a_live_study(mode: str, environment: str, meant: bool) -> None:
    assert serves(mode, StudyOid("INO", environment)) is meant


@pytest.mark.parametrize(
    ("key", "number"),
    [(None, 1), ("1", 1), ("03", 3), ("SCREEN[1]", 1), ("LOG LINE[12]", 12), ("0", None),
     ("x", None), ("-1", None), ("[1]", None), ("A[0]", None), ("A[1][2]", None), ("", None)],
)  # fmt: skip
def test_a_repeat_key_says_a_number_or_none(key: str | None, number: int | None) -> None:
    assert repeat_number(key) == number


def test_an_id_is_met_as_it_is_written_before_capitals_are_passed_over() -> None:
    assert match("Sex", ["sex", "Sex"]) == "Sex"
    assert match("SEX", ["sex", "Sex"]) == "sex"
    assert match("age", ["sex"]) is None


@given(st.text(), st.text())
def test_numbers_and_uuids_of_ids_are_stable_and_apart(one: str, other: str) -> None:
    one, other = one.encode("utf-8", "ignore").decode(), other.encode("utf-8", "ignore").decode()
    assert number_of(one) == number_of(one) > 0
    if one != other:
        assert number_of(one) != number_of(other)
        assert subject_uuid("INO", one) != subject_uuid("INO", other)
