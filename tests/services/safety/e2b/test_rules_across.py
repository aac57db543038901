"""Rules over several elements: each seeded fault is caught by exactly the ids that speak of it."""

from dataclasses import replace
from typing import Any

import pytest

from services.safety.e2b.model import (
    CrossReportedInd,
    Drug,
    Parent,
    Race,
    Reporter,
)
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.rules.registry import of_file, sheets
from services.safety.e2b.values import NullFlavor, Stamp
from tests.services.safety.e2b import reports
from tests.services.safety.e2b.across_content import CONTENT_CASES, LINKS
from tests.services.safety.e2b.across_kin import KIN_CASES
from tests.services.safety.e2b.changes import Change, both, c_1, c_5, d, put
from tests.services.safety.e2b.mutations import ids, part

_FDA, _ICH, _EU = Profile.FDA_IND, Profile.ICH, Profile.EU_CTR


def _drugs(*roles: str) -> Change:
    def made(held: tuple[Drug, ...]) -> tuple[Drug, ...]:
        return tuple(replace(drug, g_k_1=role) for drug, role in zip(held, roles, strict=True))

    return part(g_k=made)


_AGGREGATE = d(d_1="AGGREGATE", fda_d_11_r=(Race(NullFlavor.NA),), fda_d_12=NullFlavor.NA)
_LISTING = c_1(c_1_10_r=LINKS)
ACROSS: list[tuple[str, Profile, Change, set[str]]] = [
    (
        "report told twice",
        _ICH,
        lambda batch: replace(batch, messages=(*batch.messages, replace(batch.messages[0]))),
        {"INDUCT.N.2.r.1.UNIQUE"},
    ),
    ("message number", _ICH, put("n_2_r_1", "CZ-OTHER-1"), {"ICH.N.2.r.1.CROSS"}),
    (
        "message instant",
        _ICH,
        put("n_2_r_4", Stamp("20260407101501+0200")),
        {"ICH.N.2.r.4.CROSS"},
    ),
    ("case number", _ICH, both(put("n_2_r_1", "X"), c_1(c_1_1="X")), {"ICH.C.1.1.FORMAT"}),
    ("documents", _FDA, c_1(c_1_6_1=True), {"R0009"}),
    ("other ids", _FDA, c_1(c_1_9_1=True), {"R0017"}),
    ("no primary source", _FDA, put("c_2_r_5", None), {"R0021"}),
    (
        "two primary sources",
        _FDA,
        part(c_2_r=lambda held: (*held, *held)),
        {"R0021"},
    ),
    ("primary source of no country", _FDA, put("c_2_r_3", None), {"R0019"}),
    ("primary source unqualified", _FDA, put("c_2_r_4", None), {"R0020"}),
    ("sender without name", _FDA, put("c_3_2", None), {"R0022"}),
    ("no history", _FDA, d(d_7_2=None), {"R0035"}),
    (
        "parent's age twice",
        _ICH,
        d(d_10=Parent(d_10_2_1=Stamp("1990"), d_10_2_2a="36", d_10_2_2b="a")),
        {"ICH.D.10.2.UNIQUE"},
    ),
    ("parent without sex", _FDA, d(d_10=Parent(d_10_1="A")), {"R0051"}),
    ("no reaction", _ICH, part(e_i=lambda _: ()), {"ICH.E.i.REQUIRED", "ICH.G.k.9.i.1.CROSS"}),
    ("nobody accused", _ICH, _drugs("2", "2"), {"ICH.G.k.1.CROSS"}),
    ("nobody accused at the FDA", _FDA, _drugs("2", "2"), {"R0070"}),
    ("a role that an IND has not", _FDA, _drugs("1", "4"), {"R0070"}),
    ("two product ids", _ICH, put("g_k_2_1_1b", "1"), {"ICH.G.k.2.1.1a.CROSS"}),
    (
        "both product ids",
        _ICH,
        both(*(put(f"g_k_2_1_{n}", "1") for n in ("1a", "1b", "2a", "2b"))),
        {"ICH.G.k.2.1.UNIQUE"},
    ),
    ("pointing nowhere", _ICH, put("g_k_9_i_1", "nowhere"), {"ICH.G.k.9.i.1.CROSS"}),
    (
        "two MedDRA versions",
        _ICH,
        both(put("g_k_7_r_2a", "27.1"), put("g_k_7_r_2b", "90000002")),
        {"ICH.MEDDRA.UNIQUE"},
    ),
    (
        "one id twice",
        _ICH,
        part(g_k=lambda held: tuple(replace(one, entity=reports.SUSPECT) for one in held)),
        {"HL7.ENTITY.UNIQUE"},
    ),
    ("processing", _ICH, put("processing_code", "Q"), {"HL7.PROCESSING.CODE"}),
    ("created before it was known", _ICH, c_1(c_1_5=Stamp("20260408")), {"INDUCT.C.1.2.CROSS"}),
    ("newest older than first", _ICH, c_1(c_1_5=Stamp("20260401")), {"INDUCT.C.1.5.CROSS"}),
    (
        "expedited and not serious",
        _ICH,
        both(put("e_i_3_2b", NullFlavor.NI), put("e_i_3_2c", NullFlavor.NI)),
        {"INDUCT.C.1.7.CROSS"},
    ),
    ("age and birth", _ICH, d(d_2_1=Stamp("20010615")), {"INDUCT.D.2.2a.CROSS"}),
    ("death undated", _ICH, put("e_i_3_2a", True), {"INDUCT.D.9.1.CROSS"}),
    ("death undated at the FDA", _FDA, put("e_i_3_2a", True), {"R0041"}),
    ("ends before it begins", _ICH, put("e_i_5", Stamp("20260330")), {"INDUCT.E.i.5.CROSS"}),
    (
        "fatal without death",
        _ICH,
        both(put("e_i_7", "5"), d(d_9_1=Stamp("20260405"), d_9_3=False)),
        {"INDUCT.E.i.7.CROSS"},
    ),
    ("death without autopsy", _FDA, d(d_9_1=Stamp("20260405")), {"R0045"}),
    ("blinded in an open trial", _ICH, put("g_k_2_5", True), {"INDUCT.G.k.2.5.CROSS"}),
    *CONTENT_CASES,
    *KIN_CASES,
    ("batch receiver", _FDA, put("n_1_4", "ZZFDA"), {"R0005"}),
    ("message receiver", _FDA, put("n_2_r_3", "CDER"), {"R0007"}),
    ("message sender", _FDA, put("n_2_r_2", "OTHER"), {"R0100"}),
    # The FDA says both of the same fault: a study type, and a report that is none of a study.
    ("spontaneous with a study type", _FDA, c_1(c_1_3="1"), {"R0008", "R0113"}),
    ("study report without a type", _FDA, c_5(c_5_4=None), {"R0023", "R0110"}),
    ("study type unknown", _FDA, c_5(c_5_4="4"), {"R0102"}),
    ("other kind of report", _FDA, both(c_1(c_1_3="3"), c_5(c_5_4=None)), {"R0110", "R0112"}),
    ("expedited as a 30-day one", _FDA, c_1(fda_c_1_7_1="5"), {"R0016"}),
    ("IND number with prefix", _FDA, c_5(fda_c_5_5a="IND123"), {"R0024", "FDA.C.5.5a.FORMAT"}),
    ("IND number of five digits", _FDA, c_5(fda_c_5_5a="12345"), {"R0024"}),
    ("no IND number", _FDA, c_5(fda_c_5_5a=None), {"R0024"}),
    ("no cross-reported IND", _FDA, c_5(fda_c_5_6_r=()), {"R0026"}),
    ("sponsor silent", _FDA, put("g_k_9_i_2_r_1", "Investigator"), {"R0085"}),
    ("sponsor in capitals", _FDA, put("g_k_9_i_2_r_1", "SPONSOR"), {"R0085"}),
    ("other method", _FDA, put("g_k_9_i_2_r_2", "WHO"), {"R0086"}),
    ("other words", _FDA, put("g_k_9_i_2_r_3", "Related"), {"R0087"}),
    ("aggregate without list", _FDA, _AGGREGATE, {"W0001"}),
    (
        "aggregate not of trials",
        _FDA,
        both(_AGGREGATE, _LISTING, c_5(c_5_4="3")),
        {"W0002"},
    ),
    (
        "race of an aggregate",
        _FDA,
        both(_AGGREGATE, _LISTING, d(fda_d_11_r=(Race("C41260"),))),
        {"W0003"},
    ),
    (
        "ethnicity of an aggregate",
        _FDA,
        both(_AGGREGATE, _LISTING, d(fda_d_12="C41222")),
        {"W0004"},
    ),
    ("list of one patient", _FDA, _LISTING, {"W0010"}),
    ("no race", _FDA, d(fda_d_11_r=()), {"FDA.D.11.r.1.REQUIRED"}),
    ("intervention", _FDA, put("fda_e_i_3_2h", True), {"FDA.E.i.3.2h.CODE"}),
    ("no ethnicity", _FDA, d(fda_d_12=None), {"FDA.D.12.REQUIRED"}),
    ("no sender's mail", _FDA, put("c_3_4_8", None), {"FDA.C.3.4.8.REQUIRED"}),
    ("receiver of no trial", _EU, put("n_1_4", "EVHUMAN"), {"EU.N.1.4.CODE"}),
    (
        "no study report in the EU",
        _EU,
        both(c_1(c_1_3="1"), c_5(c_5_4=None)),
        {"EU.C.1.3.CODE"},
    ),
]
_IDS = [case[0] for case in ACROSS]


@pytest.mark.parametrize(("_name", "profile", "change", "expected"), ACROSS, ids=_IDS)
def test_a_fault_is_caught_by_exactly_the_rules_that_speak_of_it(
    _name: str, profile: Profile, change: Change, expected: set[str]
) -> None:
    assert ids(change(reports.batch(profile)), profile) == expected


FIRST_REPORT: list[tuple[Change, set[str]]] = [
    (c_1(c_1_7=NullFlavor.NI), {"R0011"}),
    (c_1(c_1_11_1="2", c_1_11_2="typing error"), {"R0101"}),
]


@pytest.mark.parametrize(("change", "expected"), FIRST_REPORT)
def test_some_rules_hold_for_a_first_report_only(change: Change, expected: set[str]) -> None:
    bad = change(reports.batch())
    assert ids(bad, _FDA, initial=True) == expected
    assert ids(bad, _FDA, initial=False) == set()
    assert ids(bad, _FDA) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (both(c_1(c_1_1="CZ-X-2"), put("n_2_r_1", "CZ-X-2")), {"ICH.C.1.1.LIFE"}),
        (c_1(c_1_8_1="CZ-X-2"), {"ICH.C.1.8.1.LIFE"}),
        (c_1(c_1_4=Stamp("20260403")), {"ICH.C.1.4.LIFE"}),
        (lambda batch: batch, set()),
    ],
)
def test_what_stays_for_life_is_held_against_the_version_before(
    change: Change, expected: set[str]
) -> None:
    before = replace(
        reports.report(),
        c_1=replace(reports.report().c_1, c_1_2=Stamp("20260402101500+0200")),
    )
    assert ids(change(reports.batch()), _FDA, previous=before, initial=False) == expected


def test_a_first_report_changes_nothing_for_whoever_receives_it() -> None:
    bad = c_1(c_1_11_1="1", c_1_11_2="no case")(reports.batch(_EU))
    assert ids(bad, _EU, initial=True) == {"ICH.C.1.11.1.LIFE"}
    assert ids(bad, _EU, initial=False) == set()


@pytest.mark.parametrize(
    ("code", "nullified", "expected"),
    [
        ("1", True, set()),
        ("1", False, {"INDUCT.C.1.11.1.CROSS"}),
        ("2", True, {"INDUCT.C.1.11.1.CROSS"}),
        (None, True, {"INDUCT.C.1.11.1.CROSS"}),
        ("2", False, set()),
        (None, False, set()),
        (None, None, set()),
        ("1", None, set()),
    ],
)
def test_a_report_nullifies_a_case_that_is_nullified_and_no_other(
    code: str | None, nullified: bool | None, expected: set[str]
) -> None:
    bad = c_1(c_1_11_1=code, c_1_11_2=None if code is None else "x")(reports.batch())
    assert ids(bad, _FDA, nullified=nullified) == expected


def _before(**changes: Any) -> Any:
    c_1 = replace(reports.report().c_1, c_1_2=Stamp("20260402101500+0200"))
    return replace(reports.report(), c_1=replace(c_1, **changes))


def test_after_a_nullification_nothing_more_is_reported() -> None:
    taken_back = _before(c_1_11_1="1", c_1_11_2="no case")
    assert ids(reports.batch(), _FDA, previous=taken_back) == {"INDUCT.C.1.11.1.LIFE"}


def test_an_amendment_that_brings_news_is_warned_of_and_a_follow_up_is_not() -> None:
    older = _before(c_1_5=Stamp("20260405"))
    amendment = c_1(c_1_11_1="2", c_1_11_2="typing error")(reports.batch())
    assert ids(amendment, _FDA, previous=older) == {"INDUCT.C.1.5.LIFE"}
    assert ids(amendment, _FDA, previous=_before()) == set()
    assert ids(reports.batch(), _FDA, previous=older) == set()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (c_1(c_1_11_1="1"), {"ICH.C.1.11.2.CROSS"}),
        (c_1(c_1_11_2="typing error"), {"ICH.C.1.11.1.CROSS"}),
        (c_1(c_1_11_1="3", c_1_11_2="x"), {"ICH.C.1.11.1.CODE"}),
        (c_1(c_1_11_1="2", c_1_11_2="x" * 2001), {"ICH.C.1.11.2.LENGTH"}),
    ],
)
def test_code_and_reason_of_a_change_go_together(change: Change, expected: set[str]) -> None:
    assert ids(change(reports.batch(_EU)), _EU) == expected


def test_a_code_of_another_term_is_void() -> None:
    again = frozenset({reports.EVENT})
    assert ids(reports.batch(), _FDA, to_code_again=again) == {"INDUCT.E.i.2.1b.VOID"}
    assert ids(reports.batch(), _FDA, to_code_again=frozenset({"another"})) == set()


def test_a_version_that_is_not_later_than_the_one_before_is_refused() -> None:
    assert ids(reports.batch(), _FDA, previous=reports.report()) == {"ICH.C.1.2.LIFE"}


def test_every_rule_that_has_a_function_is_proved_by_a_case() -> None:
    proved = set().union(*(expected for *_, expected in ACROSS))
    proved |= {"R0011", "R0101", "ICH.C.1.1.LIFE", "ICH.C.1.8.1.LIFE", "ICH.C.1.4.LIFE"}
    proved |= {"INDUCT.C.1.11.1.CROSS", "INDUCT.C.1.11.1.LIFE", "INDUCT.C.1.5.LIFE"}
    proved |= {"INDUCT.E.i.2.1b.VOID"}
    proved |= {"ICH.C.1.2.LIFE", "MEDDRA.VERSION", "EU.MEDDRA.VERSION"}  # beside the dictionary
    for file in ("rules_ich", "rules_own", "rules_fda", "rules_eu"):
        for name in of_file(file):
            assert {name, sheets()[name].fda} & proved, name


def test_a_reporter_that_is_not_the_primary_source_needs_no_country() -> None:
    whole = part(c_2_r=lambda held: (*held, Reporter(c_2_r_4="5")))(reports.batch(_ICH))
    assert ids(whole) == set()


def test_a_cross_reported_ind_may_be_a_number_or_none() -> None:
    numbers = (CrossReportedInd("222222"), CrossReportedInd("333333"))
    assert ids(c_5(fda_c_5_6_r=numbers)(reports.batch()), _FDA) == set()
