"""A published number can be followed to the records that it was computed from."""

from datetime import date, timedelta
from typing import Any

import pytest

from shared.identity.matrix import matrix
from tests.services.analytics.trial import FREIREICH, TODAY, YESTERDAY, Trial

pytestmark = pytest.mark.usefixtures("drawn_quickly")
CUTOFF = date(2026, 6, 30)
NOT_FOUND = "urn:induct:problem:not-found"


def sources(trial: Trial, result: dict[str, Any], role: str = "statistician", **query: str) -> Any:
    closed = "/closed" if result["output_class"] == "closed" else ""
    path = f"{closed}/results/{result['id']}/sources"
    return trial.api.get(path, role=role, params={"limit": 200} | query)


def items(trial: Trial, result: dict[str, Any], role: str = "statistician") -> list[dict[str, Any]]:
    answer = sources(trial, result, role)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


@pytest.mark.parametrize(("output_class", "group"), [("open", "pooled"), ("closed", "6-MP")])
def test_a_number_of_events_is_that_of_its_sources(
    freireich: Trial, output_class: str, group: str
) -> None:
    freireich.publish()
    result = freireich.one(output_class, "events", group=group)
    found = items(freireich, result)
    assert len(found) == result["n"]
    assert sum(each["values"]["CNSR"] == 0 for each in found) == result["value"]
    arms = {each["values"].get("TRTP") for each in found}
    assert arms == ({None} if output_class == "open" else {"6-MP"})


def test_a_comparison_rests_on_the_records_of_both_arms(freireich: Trial) -> None:
    freireich.publish()
    found = items(freireich, freireich.one("closed", "logrank_chi_square"))
    assert {each["values"]["TRTP"] for each in found} == {"6-MP", "control"}
    assert len(found) == 42


@pytest.mark.proves("C24", kind="positive")
def test_a_source_is_the_very_version_that_said_it(trial: Trial) -> None:
    record = trial.database.rows(
        "SELECT record_id FROM assessments.record WHERE subject_id = 'S01-0'"
    )[0][0]
    seen = date(1960, 3, 7)
    changed = {"status_date": seen.isoformat()}
    trial.correct(record, "S01-0", changed, seen, version=2)  # type: ignore[arg-type]
    trial.publish()
    found = items(trial, trial.one("open", "events"))[0]
    assert (found["subject"], found["site"], found["values"]["ADT"]) == ("S01-0", "S01", str(seen))
    path = f"/assessments/v1/studies/{FREIREICH}/subjects/S01-0/assessments/{record}/versions"
    assert found["source"] == {
        "form": "remission_status", "item": "status_date", "visit": "UNSCHEDULED", "repeat": 1,
        "record": str(record), "version": 2, "href": path,
    }  # fmt: skip
    assert found["allocation"] == (
        f"/randomization/v1/studies/{FREIREICH}/allocations/S01-0/explanation"
    )


def test_sources_come_page_by_page_and_stay_with_their_run(trial: Trial) -> None:
    old = trial.publish(YESTERDAY)
    result = trial.one("open", "events")
    first = sources(trial, result, limit="3").json()
    trial.publish(TODAY)
    rest = sources(trial, result, limit="3", after=first["next"]).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (3, 1, None)
    assert (rest["run_id"], rest["stale"], rest["cutoff"]) == (old, True, YESTERDAY.isoformat())
    assert len({each["subject"] for each in first["items"] + rest["items"]}) == 4


def test_a_number_of_an_earlier_night_is_followed_in_that_night(trial: Trial) -> None:
    old = trial.publish(YESTERDAY)
    new = trial.publish(TODAY)
    result = trial.rows("open", statistic="events", run=old)[0]
    assert result["cutoff"] == YESTERDAY.isoformat()
    assert sources(trial, result).json()["run_id"] == new
    assert sources(trial, result, run=old).json()["run_id"] == old
    pending = trial.ask()
    answer = sources(trial, result, run=pending)
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:induct:problem:not-published")


def treated(nct: Trial) -> None:
    for number, arm in enumerate(("INO", "ALLR3", "INO")):
        randomized = date(2024, 1, 29) + timedelta(days=number)
        subject = nct.child(f"S01-{number:03}", arm, randomized)
        nct.record(subject, "consent", {"consent_date": "2024-01-20"}, visit="SCR")
        given = randomized + timedelta(days=number)
        product = "INO" if arm == "INO" else "DEX"
        dose = {"product": product, "dose_date": given.isoformat(), "given": "true"}
        nct.record(subject, "dosing", dose, given, visit="C1D1")
        event = {"term": "Sepsis", "grade": "4", "start_date": given.isoformat(), "serious": "true"}
        nct.record(subject, "adverse_event", event)
        died = given + timedelta(days=100)
        items = {"contact_date": died.isoformat(), "status": "DEAD", "death_date": died.isoformat()}
        nct.record(subject, "survival_status", items, died, visit="FU12")


def test_open_sources_withhold_what_rests_on_doses_and_closed_ones_tell_it(nct: Trial) -> None:
    treated(nct)
    nct.publish(CUTOFF)
    shown = items(nct, nct.one("open", "events", endpoint="OS"), role="sponsor")
    assert {each["values"]["AVAL"] for each in shown} == {None}
    assert {each["values"]["MASKFL"] for each in shown} == {"Y"}
    assert {each["source"]["form"] for each in shown} == {"survival_status"}
    by_arm = items(nct, nct.one("closed", "events", endpoint="OS", group="INO", subgroup=None))
    assert [each["values"]["AVAL"] for each in by_arm] == ["101", "101"]
    serious = {"endpoint": "AE", "category": "serious"}
    pooled = sources(nct, nct.one("open", "subjects", **serious)).json()
    assert (pooled["withheld"], pooled["items"]) == (["SAFFL", "ASUMS"], [])
    row = nct.one("closed", "subjects", **serious, group="ALLR3")
    assert [each["subject"] for each in items(nct, row)] == ["S01-001"]
    assert row["value"] == 1


def test_a_number_of_the_flow_is_followed_to_who_it_counts_and_why(nct: Trial) -> None:
    treated(nct)
    day = date(2024, 2, 1)
    left = {"withdrawal_date": day.isoformat(), "scope": "TREATMENT", "reason": "AE"}
    record = nct.record("S01-001", "withdrawal", left, day)
    nct.register("S01-009", date(2024, 1, 1))
    nct.publish(CUTOFF)
    flow = {"endpoint": "FLOW", "population": "ALL"}
    (one,) = items(nct, nct.one("open", "left", **flow, category="treatment: AE"), role="sponsor")
    assert (one["subject"], one["values"]["DSREASN"], one["values"].get("TRTP")) == (
        "S01-001", "AE", None,
    )  # fmt: skip
    assert (one["source"]["record"], one["source"]["item"]) == (str(record), "reason")
    (screened,) = items(nct, nct.one("open", "not_randomized", **flow, category=None), "sponsor")
    assert (screened["subject"], screened["source"]) == ("S01-009", None)
    assert screened["allocation"] == (
        "/randomization/v1/studies/NCT05748171/attempts?subject=S01-009"
    )
    dosed = sources(nct, nct.one("open", "treated", **flow), "sponsor").json()
    assert (dosed["withheld"], dosed["items"]) == (["REVARMFL"], [])
    by_arm = items(nct, nct.one("closed", "treated", **flow, group="INO"))
    assert [each["subject"] for each in by_arm] == ["S01-000", "S01-002"]
    assert {each["source"]["form"] for each in by_arm} == {"dosing"}


def test_a_number_of_a_subgroup_is_followed_to_its_level_by_those_who_see_arms(nct: Trial) -> None:
    treated(nct)
    nct.record("S01-000", "demographics", {"birth_month": "2014-02", "sex": "F"}, visit="SCR")
    nct.record("S01-002", "demographics", {"birth_month": "2015-02", "sex": "M"}, visit="SCR")
    nct.publish(CUTOFF)
    girls = nct.one("closed", "n", endpoint="OS", subgroup="sex", level="F", group="INO")
    assert [(each["subject"], each["values"]["SEXGR1"]) for each in items(nct, girls)] == [
        ("S01-000", "F")
    ]
    randomized = nct.one("open", "randomized", endpoint="FLOW")
    ages = {each["subject"]: each["values"]["AGE"] for each in items(nct, randomized, "sponsor")}
    assert ages == {"S01-000": 9, "S01-001": None, "S01-002": 8}
    assert sources(nct, girls, "sponsor").status_code == 403


@pytest.mark.parametrize("role", sorted(matrix().roles))
def test_sources_by_arm_are_for_one_role_and_open_ones_for_those_of_all_sites(
    trial: Trial, role: str
) -> None:
    trial.publish()
    closed = trial.one("closed", "events", group="6-MP")
    pooled = trial.one("open", "events")
    may = role in matrix().operations["analytics.read_sources"].roles
    assert sources(trial, pooled, role).status_code == (200 if may else 403)
    assert sources(trial, closed, role).status_code == (200 if role == "statistician" else 403)


def test_a_result_by_arm_is_not_to_be_followed_by_the_open_route(trial: Trial) -> None:
    trial.publish()
    closed = trial.one("closed", "events", group="6-MP")
    there = trial.api.get(f"/results/{closed['id']}/sources", role="sponsor")
    absent = trial.api.get(f"/results/{'0' * 32}/sources", role="sponsor")
    assert there.status_code == absent.status_code == 404
    assert there.json()["type"] == absent.json()["type"] == NOT_FOUND
    assert sources(trial, closed).headers["Cache-Control"] == "no-store"


def test_a_result_keeps_its_id_from_night_to_night_and_no_two_share_one(trial: Trial) -> None:
    trial.publish(YESTERDAY)
    before = [row["id"] for row in trial.rows("closed")]
    trial.publish(TODAY)
    assert [row["id"] for row in trial.rows("closed")] == before
    assert len(before) == len(set(before))


def test_datasets_are_served_with_their_types_and_closed_ones_are_not_kept(trial: Trial) -> None:
    trial.publish()
    for name, media_type in (
        ("adtte.json", "application/json"),
        ("adtte.ndjson", "application/x-ndjson"),
        ("adsl.xpt", "application/octet-stream"),
        ("adtte.csv", "text/csv; charset=utf-8; header=present"),
    ):
        answer = trial.api.get(f"/datasets/{name}", role="sponsor")
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["Cache-Control"] == "private, no-cache"
        known = {"If-None-Match": answer.headers["ETag"]}
        assert trial.api.get(f"/datasets/{name}", role="sponsor", headers=known).status_code == 304
        closed = trial.api.get(f"/closed/datasets/{name}", role="statistician")
        assert closed.headers["Cache-Control"] == "no-store"
        assert closed.content != answer.content


def test_runs_are_listed_the_last_first_by_state_and_page_by_page(trial: Trial) -> None:
    runs = [trial.publish(YESTERDAY), trial.publish(TODAY), trial.ask()]

    def listed(**query: str) -> tuple[list[str], str | None]:
        page = trial.api.get("/runs", role="sponsor", params=query).json()
        return [each["run_id"] for each in page["items"]], page["next"]

    assert listed() == (runs[::-1], None)
    assert listed(state="published") == ([runs[1], runs[0]], None)
    first, after = listed(limit="2")
    assert first + listed(limit="2", after=str(after))[0] == runs[::-1]
    answer = trial.api.get("/runs", role="sponsor", params={"after": "x"})
    assert answer.json()["errors"][0]["code"] == "no-cursor"


def test_the_figures_of_a_class_are_listed_with_their_addresses(trial: Trial) -> None:
    trial.publish()
    for path, role in (("figures", "sponsor"), ("closed/figures", "dmc")):
        found = trial.api.get(f"/{path}", role=role).json()["items"]
        drawn = [f"{path}/{name}.svg" for name in ("FLOW", "REMDUR")]
        assert [each["href"] for each in found] == drawn


def test_datasets_of_an_earlier_night_are_listed_and_read_by_its_run(trial: Trial) -> None:
    old, new = trial.publish(YESTERDAY), trial.publish(TODAY)
    for place, role in (("datasets", "sponsor"), ("closed/datasets", "statistician")):
        names = [
            [each["name"] for each in answer.json()["items"]]
            for answer in (
                trial.api.get(f"/{place}", role=role),
                trial.api.get(f"/{place}", role=role, params={"run": old}),
            )
        ]
        assert names[0] == names[1] == [
            "adds.csv", "adds.json", "adds.ndjson", "adds.xpt",
            "adsl.csv", "adsl.json", "adsl.ndjson", "adsl.xpt",
            "adtte.csv", "adtte.json", "adtte.ndjson", "adtte.xpt",
            "define.html", "define.xml",
        ]  # fmt: skip
        for run, cutoff in ((old, YESTERDAY), (new, TODAY)):
            answer = trial.api.get(f"/{place}/adtte.json", role=role, params={"run": run})
            assert cutoff.isoformat() in answer.json()["datasetJSONCreationDateTime"]


def test_the_define_document_is_shown_as_a_page_and_saved_as_xml(trial: Trial) -> None:
    trial.publish()
    shown = trial.api.get("/datasets/define.html", role="sponsor")
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "Content-Disposition" not in shown.headers
    saved = trial.api.get("/closed/datasets/define.xml", role="statistician")
    assert saved.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert saved.headers["Content-Disposition"] == 'attachment; filename="define.xml"'
    assert "CONFIDENTIAL" not in shown.text
