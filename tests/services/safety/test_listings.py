"""Listings over HTTP: the due list, the line listing, counts, the dry run of rules."""

import csv
import io
from typing import Any

import pytest

from services.safety import report_use_cases
from services.safety.domain import rule_sets
from services.safety.pages.tables import Table, csv_bytes, html_page
from tests.services.safety.life import NOW, Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


@pytest.fixture
def life(api: ApiClient, report: Body) -> Life:
    return Life(api, report)


def table(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_the_due_list_is_sorted_by_urgency_and_says_how_long_is_left(
    life: Life, api: ApiClient, report: Body
) -> None:
    Life(api, report, seriousness=["death"], grade=5)
    items = api.get("/due-list", role="safety_desk", at=on(1)).json()["items"]
    assert [each["due_at"] for each in items] == sorted(each["due_at"] for each in items)
    assert (items[0]["clock"], items[0]["hours_left"]) == ("site_to_sponsor", -4)
    assert {each["case_number"] for each in items} == {"NCT05748171-0001", "NCT05748171-0002"}
    assert not items[0]["verified"]
    assert api.get("/due-list", sites=["S02"], at=on(1)).json()["items"] == []


def test_a_due_list_that_does_not_hold_everything_says_so(
    api: ApiClient, report: Body, monkeypatch: pytest.MonkeyPatch
) -> None:
    Life(api, report)
    whole = api.get("/due-list", role="safety_desk", at=NOW).json()
    assert (len(whole["items"]) > 2, whole["left_out"]) == (True, 0)
    monkeypatch.setattr(report_use_cases, "MOST_DUE", 2)
    cut = api.get("/due-list", role="safety_desk", at=NOW).json()
    assert (cut["items"], cut["left_out"]) == (whole["items"][:2], len(whole["items"]) - 2)
    page = api.get("/due-list?format=html", role="safety_desk", at=NOW).text
    assert f"{cut['left_out']} more that are less urgent are not shown." in page


def test_the_due_list_is_a_page_without_script_in_which_hostile_text_is_inert(
    api: ApiClient, report: Body
) -> None:
    Life(api, report, event_term="<script>alert(1)</script>", grade=None)
    answer = api.get("/due-list?format=html", role="safety_desk", at=NOW)
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert answer.text.count('class="urgent"') == 1
    assert answer.text == api.get("/due-list?format=html", role="safety_desk", at=NOW).text


def test_a_due_date_of_the_list_is_told_by_the_clock_of_its_zone(
    life: Life, api: ApiClient
) -> None:
    rows = table(api.get("/due-list?format=csv", role="safety_desk", at=NOW))
    days = [row for row in rows if row["Recipient"] == "EudraVigilance"]
    assert {(row["Zone"], row["Due"][10:]) for row in days} == {("Europe/Paris", "T23:59:59+01:00")}


def test_a_cell_of_the_csv_is_never_a_formula(api: ApiClient, report: Body) -> None:
    Life(api, report, event_term='=HYPERLINK("http://x","y")', grade=None)
    (row,) = table(api.get("/line-listing?format=csv", role="safety_desk", at=NOW))
    assert row["Events"] == '\'=HYPERLINK("http://x","y")'


def test_the_line_listing_shows_each_case_as_it_stands_and_masks_the_drug(
    life: Life, api: ApiClient
) -> None:
    life.causality(on(1), "safety_desk", False)
    (line,) = api.get("/line-listing", role="safety_desk", at=on(1)).json()["items"]
    assert line["products"] == ["INO"]
    assert line["rulings"] == {"EU": "susar", "UK": "susar", "US": "not_expedited"}
    assert (line["received_on"], line["seriousness"]) == ("2026-02-20", ["hospitalisation"])
    (masked,) = api.get("/line-listing", role="medical_monitor", at=on(1)).json()["items"]
    assert masked == line | {"products": None}
    (row,) = table(api.get("/line-listing?format=csv", role="medical_monitor", at=on(1)))
    assert (row["Products"], row["Special interest"]) == ("withheld", "withheld")
    assert "INO" not in str(row)


def test_a_case_of_which_nothing_was_known_yet_stands_in_no_line_listing(
    life: Life, api: ApiClient
) -> None:
    for listing in ("/line-listing", "/line-listing?format=csv"):
        answer = api.get(listing, role="safety_desk", at=on(-400))
        assert answer.status_code == 200, answer.text
        assert "NCT05748171-0001" not in answer.text


def test_the_line_listing_tells_an_event_of_special_interest_by_its_own_term(
    life: Life, api: ApiClient
) -> None:
    told = {"code": "SOS_VOD", "criteria_set": "ebmt_paediatric", "inputs": {"ascites": "true"}}
    life.follow_up(on(1), special_interest=told)
    (line,) = api.get("/line-listing", role="safety_desk", at=on(2)).json()["items"]
    assert line["special_interest"] == "SOS_VOD"
    (row,) = table(api.get("/line-listing?format=csv", role="safety_desk", at=on(2)))
    assert row["Special interest"] == "SOS_VOD"
    (masked,) = api.get("/line-listing", role="medical_monitor", at=on(2)).json()["items"]
    assert masked["special_interest"] is None


def test_another_version_of_the_rules_is_tried_over_all_cases_and_stores_nothing(
    life: Life, api: ApiClient, database: TestDatabase
) -> None:
    where = "/rule-comparison?rule_set={}&version=1.0.0"
    same = api.get(where.format("eu_ctr"), role="safety_desk", at=NOW).json()
    assert (same["in_force"], same["cases"], same["items"]) == ("1.0.0", 1, [])
    before = database.rows("SELECT count(*) FROM safety.obligation")
    more = api.get(where.format("fr_csp"), role="safety_desk", at=NOW).json()
    assert more["in_force"] is None
    (case,) = more["items"]
    assert (case["case_number"], case["old_outcome"], case["new_outcome"]) == (
        life.case["case_number"],
        None,
        "susar",
    )
    assert [each["clock"] for each in case["obligations"]] == ["fr_susar_other"]
    assert database.rows("SELECT count(*) FROM safety.obligation") == before
    absent = api.get("/rule-comparison?rule_set=eu_ctr&version=9.0", role="safety_desk")
    assert absent.status_code == 404


def test_a_changed_period_is_shown_as_the_old_obligation_gone_and_the_new_one_come(
    life: Life, api: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = rule_sets.resources.files("services.safety.rules").joinpath("eu_ctr-1.0.0.toml")
    changed = text.read_text("utf-8").replace("days = 15", "days = 10")
    newer = rule_sets.from_text(changed.replace('version = "1.0.0"', 'version = "1.1.0"'))
    load = rule_sets.load
    monkeypatch.setattr(rule_sets, "shipped", lambda: (("eu_ctr", "1.0.0"), ("eu_ctr", "1.1.0")))
    monkeypatch.setattr(rule_sets, "load", lambda name, v: newer if v == "1.1.0" else load(name, v))
    found = api.get("/rule-comparison?rule_set=eu_ctr&version=1.1.0", role="safety_desk", at=NOW)
    (case,) = found.json()["items"]
    dates = {(each["old_due_at"], each["new_due_at"]) for each in case["obligations"]}
    assert dates == {("2026-03-07T22:59:59Z", None), (None, "2026-03-02T22:59:59Z")}


def test_rules_that_came_into_force_are_applied_to_every_case_by_new_obligations(
    life: Life, api: ApiClient, monkeypatch: pytest.MonkeyPatch, database: TestDatabase
) -> None:
    reason = {"reason": "version 1.1.0 is in force"}
    unchanged = api.post("/rule-applications", json=reason, role="safety_desk", at=on(1)).json()
    assert unchanged == {"cases": 1, "changed": 0}
    text = rule_sets.resources.files("services.safety.rules").joinpath("eu_ctr-1.0.0.toml")
    newer = rule_sets.from_text(text.read_text("utf-8").replace("days = 15", "days = 10"))
    load = rule_sets.load
    monkeypatch.setattr(
        rule_sets, "load", lambda name, v: newer if name == "eu_ctr" else load(name, v)
    )
    # Until somebody applies them, the list lacks what is owed by them, and says so.
    listed = api.get("/due-list", role="safety_desk", at=on(1)).json()
    assert "2026-03-02" not in {each["due_on"] for each in listed["items"]}
    assert listed["computed_otherwise"] == 1
    page = api.get("/due-list?format=html", role="safety_desk", at=on(1)).text
    assert "1 cases were computed by other rules" in page
    applied = api.post("/rule-applications", json=reason, role="safety_desk", at=on(1)).json()
    assert applied == {"cases": 1, "changed": 1}
    listed = api.get("/due-list", role="safety_desk", at=on(1)).json()
    assert "2026-03-02" in {each["due_on"] for each in listed["items"]}
    assert listed["computed_otherwise"] == 0
    rows = database.rows(
        "SELECT due_on::text, state FROM safety.obligation WHERE clock_id = 'eu_susar_other'"
        " ORDER BY due_on"
    )
    assert rows == [("2026-03-02", "open"), ("2026-03-07", "superseded")]
    moved = life.read(query="/history")["changes"][-1]
    assert (moved["old_due_at"], moved["new_due_at"]) == (
        "2026-03-07T22:59:59Z",
        "2026-03-02T22:59:59Z",
    )
    assert api.post("/rule-applications", json=reason, role="auditor").status_code == 403


@pytest.mark.parametrize("path", ["/due-list", "/line-listing", "/rule-comparison"])
def test_a_role_without_a_part_in_safety_reads_no_listing(api: ApiClient, path: str) -> None:
    for role in ("sponsor", "dmc", "data_manager", "admin"):
        assert api.get(path, role=role).status_code == 403


def test_a_table_says_yes_and_no_and_leaves_what_is_missing_empty() -> None:
    made = Table("T", "L", ("A", "B"), ((True, None), (False, -5), ("-5", "-x")))
    assert csv_bytes(made) == b"A,B\r\nyes,\r\nno,-5\r\n-5,'-x\r\n"
    assert "<td>yes</td><td></td>" in html_page(made, "S")


def test_a_column_name_says_once_what_it_shares_and_a_missing_value_keeps_its_line() -> None:
    made = Table(
        "T", "", ("Onset", "INO, events", "INO, subjects", "Received"), ((None, 1, 0, "x"),),
        stacks=(("Onset", "Received"), ("INO, events", "INO, subjects")),
    )  # fmt: skip
    page = html_page(made, "S")
    assert '<th scope="col">Onset<br>Received</th><th scope="col">INO, events<br>subjects</th>' in (
        page
    )
    assert "<td><div>-</div><div>x</div></td><td><div>1</div><div>0</div></td>" in page
    assert csv_bytes(made).startswith(b'Onset,"INO, events","INO, subjects",Received\r\n,1,0,x')
