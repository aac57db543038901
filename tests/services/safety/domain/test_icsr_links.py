"""Other numbers in a report: of the same case, and of reports to be read with it."""

from typing import Any

import pytest

from services.safety.e2b import model
from services.safety.e2b.identity import organisation_of
from tests.services.safety.domain import icsr_cases
from tests.services.safety.domain.icsr_cases import JUDGED, case_file
from tests.services.safety.domain.story import Story

OTHER = "NCT05748171-0002"
OURS = f"DE-SPONSOR-{OTHER}"


def linked(
    case: str | None, external: str | None, relation: str | None, **known: Any
) -> tuple[list[str | None], list[tuple[str | None, str | None]]]:
    """What is linked, and the other ids of the case."""
    link = Story().tell("link", "2026-06-02", case=case, external_id=external, relation=relation)
    told = icsr_cases.told(case_file(facts=(*JUDGED, *link.facts, *link.facts), **known)).c_1
    assert (told.c_1_9_1 is True) is bool(told.c_1_9_1_r)
    return (
        [one.c_1_10_r for one in told.c_1_10_r],
        [(one.c_1_9_1_r_1, one.c_1_9_1_r_2) for one in told.c_1_9_1_r],
    )


@pytest.mark.parametrize("relation", ["related", "parent-child", None])
def test_a_linked_report_is_named_once_by_its_number(relation: str | None) -> None:
    assert linked(None, "CZ-X-9", relation) == (["CZ-X-9"], [])
    assert linked(OTHER, None, relation, numbers={OTHER: OURS}) == ([OURS], [])
    assert linked(OTHER, None, relation) == ([], []), "its number is not known"


def test_a_duplicate_is_the_same_case_under_another_number() -> None:
    assert linked(None, "CZ-X-9", "duplicate") == ([], [("X", "CZ-X-9")])
    assert linked(OTHER, None, "duplicate", numbers={OTHER: OURS}) == ([], [("SPONSOR", OURS)])
    assert linked(None, "12/2026", "duplicate") == (["12/2026"], []), "whose number is not known"


def test_a_nullified_duplicate_that_the_receiver_has_is_named_without_a_link() -> None:
    told = icsr_cases.told(case_file(duplicates=(OURS,))).c_1
    assert told.c_1_9_1_r == (model.OtherIdentifier("SPONSOR", OURS),)
    assert linked(OTHER, None, "duplicate", numbers={OTHER: OURS}, duplicates=(OURS,)) == (
        [], [("SPONSOR", OURS)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("number", "organisation"),
    [("CZ-X-9", "X"), ("CZ-X-", None), ("CZ--9", None), ("cz-X-9", None), ("X", None)],
)
def test_a_worldwide_number_says_who_gave_it(number: str, organisation: str | None) -> None:
    assert organisation_of(number) == organisation
