"""The samples of the FDA: what is in them, and the exact issues that they have."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from services.safety.e2b.model import Icsr
from services.safety.e2b.parse import loose_ends, parse
from services.safety.e2b.rules.check import check
from services.safety.e2b.rules.issues import Context, Profile
from services.safety.e2b.wire import read
from tests.services.safety.e2b.samples import SCENARIOS, needs_samples, sample, schemas

pytestmark = needs_samples
_CRITERIA = {"a": 34, "b": 21, "c": 33, "d": 35, "e": 12, "f": 26}
# The document of scenario 4 is base64 that was cut off: nobody can open it.
# Versions of product codes are 12 digits in the samples, and at most 10 in the table.
_VERSIONS = {"ICH.G.k.2.1.1a.LENGTH": 2, "ICH.D.8.r.2a.LENGTH": 1}
# Their route is 001 under the root of the EDQM, whose codes are others.
_ROUTE = {"INDUCT.G.k.4.r.10.2b.FORMAT": 1}
_ISSUES = {
    "FAERS2022Scenario3": {
        "ICH.N.2.r.1.CROSS": 1, "INDUCT.C.1.2.CROSS": 1, "INDUCT.D.2.2a.CROSS": 1, **_VERSIONS,
        **_ROUTE,
    },
    "FAERS2022Scenario4": {
        "ICH.N.2.r.1.CROSS": 1, "INDUCT.C.1.2.CROSS": 1, "ICH.G.k.2.1.1a.LENGTH": 1,
        "INDUCT.CONTENT.FORMAT": 1, **_ROUTE,
    },
    "FAERS2022Scenario8": {
        "ICH.N.2.r.1.CROSS": 1, "INDUCT.D.2.2a.CROSS": 1, "R0085": 4, "R0087": 4, **_VERSIONS,
        **_ROUTE,
    },
}  # fmt: skip


def _report(name: str) -> Icsr:
    return parse(sample(name)).messages[0].report


def _criteria(told: Icsr) -> list[set[int]]:
    return [
        {code for letter, code in _CRITERIA.items() if getattr(one, f"e_i_3_2{letter}") is True}
        for one in told.e_i
    ]


@pytest.mark.parametrize("name", ["FAERS2022Scenario3", "FAERS2022Scenario8"])
def test_scenarios_3_and_8_hold_two_events_and_three_drugs(name: str) -> None:
    told = _report(name)
    assert told.c_1.c_1_1 == "US-APHARMA-8744554B"
    assert [drug.g_k_1 for drug in told.g_k] == ["1", "1", "2"]
    assert [(one.e_i_2_1b, one.e_i_2_1a) for one in told.e_i] == [
        ("10027940", "25.0"),
        ("10009896", "25.0"),
    ]
    assert _criteria(told) == [{35, 26}, {26}]
    assert [one.e_i_7 for one in told.e_i] == ["3", "1"]
    assert told.c_5 is not None
    assert told.c_5.fda_c_5_5a == "123456"
    assert [one.fda_c_5_6_r for one in told.c_5.fda_c_5_6_r] == ["222222", "333333"]
    opinions = [row for drug in told.g_k for pair in drug.g_k_9_i for row in pair.g_k_9_i_2_r]
    assert len(opinions) == 4


def test_scenario_4_is_an_aggregate_whose_ind_number_begins_with_zero() -> None:
    told = _report("FAERS2022Scenario4")
    assert told.c_1.c_1_1 == "US-APHARMA-222222222"
    assert [one.c_1_10_r for one in told.c_1.c_1_10_r] == [
        "US-APHARMA-111111111",
        "US-APHARMA-333333333",
        "US-APHARMA-444444444",
    ]
    assert told.c_5 is not None
    assert told.c_5.fda_c_5_5a == "012345"
    document = told.c_1.c_1_6_1_r[0]
    assert (document.media_type, document.representation) == ("application/pdf", "B64")


def test_types_of_report_are_as_the_samples_have_them() -> None:
    kinds = [_report(name).c_1.c_1_3 for name in SCENARIOS]
    assert kinds == ["2", "2", "1"]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_sample_satisfies_the_schema_and_points_at_nothing_that_is_missing(name: str) -> None:
    assert schemas().issues_of(sample(name)) == []
    assert loose_ends(read(sample(name)), parse(sample(name))) == ((),)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_sample_has_exactly_the_issues_that_a_person_found_in_it(name: str) -> None:
    context = Context(now=datetime(2026, 1, 1, tzinfo=UTC))
    found = check(parse(sample(name)), Profile.FDA_IND, context)
    assert Counter(issue.id for issue in found) == _ISSUES[name]
