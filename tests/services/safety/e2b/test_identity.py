"""Ids stay the same for life, and opinions are told in the words of each authority."""

import pytest

from services.safety.e2b.causality import Opinion, Party, assessment
from services.safety.e2b.identity import case_number, entity_id
from services.safety.e2b.model import Assessment
from services.safety.e2b.rules.issues import Profile


def test_an_entity_keeps_its_id_and_no_other_has_it() -> None:
    known = entity_id("CZ-A-1", "reaction", "1")
    assert known == "19d0d534-8e1a-58e5-88d1-8eacbbbc5d2b"
    assert entity_id("CZ-A-1", "reaction", "1") == known
    others = {
        entity_id("CZ-A-2", "reaction", "1"),
        entity_id("CZ-A-1", "drug", "1"),
        entity_id("CZ-A-1", "reaction", "2"),
        entity_id("CZ-A-1", "reactio", "n1"),
    }
    assert len(others | {known}) == 5


def test_a_case_number_has_three_parts() -> None:
    assert case_number("CZ", "INDUCT", "2026-0001") == "CZ-INDUCT-2026-0001"


@pytest.mark.parametrize(
    ("country", "organisation", "number"),
    [
        ("CZ", "IN-DUCT", "1"),
        ("cz", "INDUCT", "1"),
        ("CZE", "INDUCT", "1"),
        ("CZ", "", "1"),
        ("CZ", "INDUCT", ""),
        ("CZ", "INDUCT", "9" * 100),
    ],
)
def test_a_case_number_that_could_be_misread_is_refused(
    country: str, organisation: str, number: str
) -> None:
    with pytest.raises(ValueError, match="case number"):
        case_number(country, organisation, number)


@pytest.mark.parametrize(
    ("profile", "suspected", "expected"),
    [
        (Profile.FDA_IND, True, Assessment("Sponsor", "FDA", "Suspected")),
        (Profile.FDA_IND, False, Assessment("Sponsor", "FDA", "Not Suspected")),
        (Profile.EU_CTR, True, Assessment("Sponsor", None, None, "1", "1")),
        (Profile.EU_CTR, False, Assessment("Sponsor", None, None, "1", "2")),
    ],
)
def test_one_opinion_is_told_to_each_authority_in_its_words(
    profile: Profile, suspected: bool, expected: Assessment
) -> None:
    assert assessment(Opinion(Party.SPONSOR, suspected), profile) == expected
