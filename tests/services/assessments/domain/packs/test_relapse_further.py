"""Sites of a relapse and confirmation by RQ-PCR (Buchmann et al., Blood 2022;139:1785), and relapse
by NCI/CIBMTR (PMC7272718, Table 4a)."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.assessments.domain.packs.result import Result
from tests.services.assessments.domain.packs.disease_cases import results, subject

RECOVERED = [{"recovery_date": "2024-02-26"}]
CALLED = [{"assessment_date": "2024-02-24", "response": "CR"}]
DAY = "2024-08-01"
Rows = list[dict[str, Any]]


def derived(changes: dict[str, Any] | None = None, **forms: Rows) -> dict[str, Result]:
    """A child in response since 24 February 2024."""
    facts = subject(**({"response": CALLED, "end_of_treatment": RECOVERED} | forms))
    return results(facts, None, **({"relapse": changes} if changes else {}))


def site(
    relapse: dict[str, Any], marrow: Rows | None = None, outside: Rows | None = None
) -> Result:
    called = {"record": "x", "event_date": DAY, "event": "RELAPSE"} | relapse
    found = derived(relapse_progression=[called], marrow=marrow or [], extramedullary=outside or [])
    return found["relapse_site:x"]


def marrow(blasts: str | None = None, day: str = DAY, **items: Any) -> dict[str, Any]:
    return {"sample_date": day, **({"blasts": blasts} if blasts else {}), **items}


def fluid(cns: str, day: str = DAY, **items: Any) -> dict[str, Any]:
    return {"assessment_date": day, "cns_status": cns, **items}


@pytest.mark.parametrize(
    ("relapse", "expected", "query"),
    [
        ({"site": "BM"}, "BM", False),
        ({"site": "TESTIS"}, "TESTIS", False),
        ({"site": "COMBINED", "marrow_involved": True, "cns_involved": True}, "COMBINED", False),
        # That a combined relapse names its sites is for an edit check to ask.
        ({"site": "COMBINED"}, "COMBINED", False),
        ({"site": "COMBINED", "marrow_involved": True}, "COMBINED", False),
        ({"marrow_involved": True, "testis_involved": True}, "COMBINED", False),
        ({"cns_involved": True, "marrow_involved": False}, "CNS", False),
        ({"site": "BM", "cns_involved": True}, "COMBINED", False),
    ],
)
def test_the_sites_that_the_investigator_names_stand(
    relapse: dict[str, Any], expected: str, query: bool
) -> None:
    found = site(relapse)
    assert (found.value, found.rule) == (expected, "sites_called")
    assert ("query_relapse_site" in found.notes) is query


@pytest.mark.parametrize(
    ("marrows", "outside", "expected"),
    [
        ([marrow("30")], [], "BM"),
        ([marrow("5")], [fluid("CNS3")], "COMBINED"),
        ([marrow("4.9")], [fluid("CNS3")], "CNS"),
        ([marrow(category="M2")], [fluid("CNS1", disease=False)], "BM"),
        ([], [fluid("CNS1", disease=True, site="TESTIS")], "TESTIS"),
        ([], [fluid("CNS1", disease=True, site="MEDIASTINUM")], "OTHER"),
        ([marrow("30")], [fluid("CNS1", disease=True, site="TESTIS")], "COMBINED"),
        ([marrow("30", day="2024-08-15")], [], "BM"),
        ([marrow("30", day="2024-08-16")], [], "NE"),
        ([marrow("30", quality="DRY_TAP")], [], "NE"),
        ([marrow("1")], [fluid("CNS2", disease=False)], "NE"),
        ([], [], "NE"),
    ],
)
def test_what_was_found_within_two_weeks_stands_in_where_no_site_is_named(
    marrows: Rows, outside: Rows, expected: str
) -> None:
    found = site({}, marrows, outside)
    assert found.value == expected
    assert found.reason == ("sites_unknown" if expected == "NE" else None)


def test_a_site_that_was_found_and_is_not_named_is_a_query_and_overwrites_nothing() -> None:
    found = site({"site": "BM"}, [marrow("40")], [fluid("CNS3")])
    assert (found.value, found.notes) == ("BM", ("query_relapse_site",))
    agreed = site({"site": "BM"}, [marrow("40")], [fluid("CNS1", disease=False)])
    assert (agreed.value, agreed.notes) == ("BM", ())
    assert agreed.details == (("BM", "yes"), ("CNS", "no"), ("TESTIS", "no"), ("OTHER", "no"))


def test_a_progression_has_no_site_of_relapse() -> None:
    rows = [{"record": "x", "event_date": DAY, "event": "PROGRESSION", "site": "BM"}]
    assert "relapse_site:x" not in derived(relapse_progression=rows)


def test_a_relapse_known_to_the_month_keeps_the_site_that_is_named() -> None:
    named = site({"event_date": "2024-08", "site": "CNS"})
    assert (named.value, named.status) == ("CNS", "final")
    found = site({"event_date": "2024-08"}, [marrow("30", day="2024-08-02")])
    assert (found.value, found.reason) == (None, "partial_date")


def pcr(day: str, fraction: str | None, kind: str = "QUANT", **items: Any) -> dict[str, Any]:
    base = {"record": day, "sample_id": day, "sample_date": day, "method": "RQPCR", "kind": kind}
    return base | ({"fraction": fraction} if fraction else {}) | items


@pytest.mark.parametrize(
    ("rows", "expected", "rule"),
    [
        ([pcr(DAY, "0.01")], "CONFIRMED", "rqpcr_level"),
        ([pcr(DAY, "0.0099")], "NOT_CONFIRMED", "rqpcr_level"),
        ([pcr("2024-06-01", "0.001"), pcr(DAY, "0.01")], "CONFIRMED", "rqpcr_level"),
        ([pcr("2024-06-01", "0.0001"), pcr(DAY, "0.0099")], "NOT_CONFIRMED", "rqpcr_level"),
        ([pcr(DAY, None, "NEG", sensitivity="0.00001")], "NOT_CONFIRMED", "rqpcr_level"),
        ([pcr(DAY, ">0.005")], "NE", "rqpcr_level"),
        ([pcr(DAY, "<0.005")], "NOT_CONFIRMED", "rqpcr_level"),
        ([pcr(DAY, "0.5", assay_valid=False)], "NE", "rqpcr_evaluable"),
        ([pcr(DAY, "0.5", control_gene_ok=False)], "NE", "rqpcr_evaluable"),
        ([pcr(DAY, None, "NE")], "NE", "rqpcr_evaluable"),
    ],
)
def test_rq_pcr_confirms_from_1_per_cent_on(rows: Rows, expected: str, rule: str) -> None:
    found = derived(mrd=rows)[f"relapse_rqpcr:{DAY}"]
    assert (found.value, found.rule) == (expected, rule)


HIGHER = {"rqpcr_level": "0.05"}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # With the level moved to 5 % a rise by one logarithm to 1 % decides alone.
        ([pcr("2024-06-01", "0.001"), pcr(DAY, "0.01")], "CONFIRMED"),
        ([pcr("2024-06-01", "0.0011"), pcr(DAY, "0.01")], "NOT_CONFIRMED"),
        ([pcr("2024-06-01", "0.0001"), pcr(DAY, "0.0099")], "NOT_CONFIRMED"),
        ([pcr("2024-06-01", None, "NEG", sensitivity="0.00001"), pcr(DAY, "0.01")], "CONFIRMED"),
        ([pcr("2024-06-01", None, "NEG", sensitivity="0.005"), pcr(DAY, "0.01")], "NE"),
        ([pcr("2024-06-01", None, "NEG"), pcr(DAY, "0.01")], "NE"),
        ([pcr("2024-06-01", "0.001", assay_valid=False), pcr(DAY, "0.01")], "NOT_CONFIRMED"),
        ([pcr("2024-02-20", "0.001"), pcr(DAY, "0.01")], "CONFIRMED"),
        ([pcr(DAY, "0.01")], "NOT_CONFIRMED"),
    ],
)
def test_a_rise_by_one_logarithm_to_1_per_cent_confirms(rows: Rows, expected: str) -> None:
    assert derived(HIGHER, mrd=rows)[f"relapse_rqpcr:{DAY}"].value == expected


def test_blood_flow_cytometry_and_what_lies_before_response_confirm_nothing() -> None:
    rows = [
        pcr(DAY, "0.5", material="PB"),
        pcr("2024-08-02", "0.5", method="FC"),
        pcr("2024-02-20", "0.5"),
    ]
    assert [name for name in derived(mrd=rows) if name.startswith("relapse_rqpcr")] == []


@given(
    st.decimals(Decimal("0.00001"), Decimal("0.09"), places=5),
    st.decimals(Decimal("0.00001"), Decimal("0.9"), places=5),
)
def test_with_the_shipped_limits_a_rise_confirms_only_what_the_level_does(
    before: Decimal, now: Decimal
) -> None:
    rows = [pcr("2024-06-01", f"{before:f}"), pcr(DAY, f"{now:f}")]
    found = derived(mrd=rows)[f"relapse_rqpcr:{DAY}"]
    assert (found.value == "CONFIRMED") is (now >= Decimal("0.01"))


@pytest.mark.parametrize(
    ("marrows", "outside", "expected", "rule"),
    [
        ([marrow("25")], [], date(2024, 8, 1), "nci_marrow"),
        ([marrow("24.9")], [], "NONE", "nci_none"),
        ([marrow(category="M3")], [], date(2024, 8, 1), "nci_marrow"),
        ([marrow(category="M2")], [], None, "nci_marrow"),
        ([marrow(category="M1")], [], "NONE", "nci_none"),
        ([marrow("1")], [fluid("CNS3", disease=False)], date(2024, 8, 1), "nci_extramedullary"),
        ([marrow("1")], [fluid("CNS2", disease=False)], "NONE", "nci_none"),
        ([], [fluid("CNS1", disease=True)], date(2024, 8, 1), "nci_extramedullary"),
        ([], [fluid("CNS1", disease=False, new_site=True)], date(2024, 8, 1),
         "nci_extramedullary"),
        ([marrow("30", day="2024-09-01")], [fluid("CNS3")], date(2024, 8, 1),
         "nci_extramedullary"),
        ([marrow("30")], [fluid("UNK", day="2024-07-01")], None, "nci_extramedullary"),
        ([marrow("30")], [fluid("UNK", day="2024-09-01")], date(2024, 8, 1), "nci_marrow"),
        ([marrow("30", evaluable=False)], [fluid("CNS1", disease=False)], "NONE", "nci_none"),
        ([marrow("80", day="2024-02-20")], [], None, None),
        ([marrow("<25")], [], "NONE", "nci_none"),
        ([marrow(">20")], [], None, "nci_marrow"),
    ],
)  # fmt: skip
def test_relapse_by_nci_is_25_per_cent_or_disease_outside_the_marrow_after_response(
    marrows: Rows, outside: Rows, expected: object, rule: str | None
) -> None:
    found = derived(marrow=marrows, extramedullary=outside)["relapse_nci"]
    assert (found.value, found.rule) == (expected, rule)


def test_without_a_response_there_is_no_relapse_by_nci() -> None:
    found = derived(response=[], marrow=[marrow("80")])["relapse_nci"]
    assert (found.value, found.reason) == (None, "no_remission_before")


def test_the_two_sets_of_criteria_part_at_6_per_cent_with_another_positive_test() -> None:
    flow = {
        "sample_id": "s", "sample_date": DAY, "method": "FC", "kind": "QUANT", "fraction": "0.02",
    }  # fmt: skip
    found = derived(marrow=[{"record": "m"} | marrow("6")], mrd=[flow])
    assert found["marrow_relapse:m"].value == "RELAPSE"
    assert found["relapse_nci"].value == "NONE"
