"""Exports over HTTP: variants apart, the same as of the same instant, fetches written down."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from lxml import etree

from infra.database.studies import activate as activate_definition
from shared.study import StudyDefinition
from tests.services.assessments.domain.builders import with_item
from tests.services.assessments.exports.support import study
from tests.services.assessments.support import Trial
from tests.services.randomization.world import open_trial, request, screen
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

ALL = ["dataset-json", "dataset-ndjson", "xpt", "odm", "csv"]
DOSE = {"product": "INO", "dose_date": "2024-01-30", "given": True, "amount": "0.8"}


def export(
    trial: Trial, role: str = "data_manager", closed: str = "", **body: Any
) -> dict[str, Any]:
    made = trial.api.post(f"{closed}/exports", json={"formats": ["csv"]} | body, role=role)
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def fetch(
    trial: Trial, made: dict[str, Any], file: str, role: str = "data_manager"
) -> httpx.Response:
    closed = "/closed" if made["variant"] == "unblinded" else ""
    return trial.api.get(f"{closed}/exports/{made['export_id']}/files/{file}", role=role)


def all_files(trial: Trial, made: dict[str, Any], role: str = "data_manager") -> dict[str, bytes]:
    found = {}
    for file in made["files"]:
        answer = fetch(trial, made, file["name"], role)
        assert answer.status_code == 200, answer.text
        found[file["name"]] = answer.content
    return found


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.proves("C03", kind="positive")
def test_an_export_says_by_whom_and_when_and_where_the_trail_stood(trial: Trial) -> None:
    trial.enrol()
    made = export(trial, role="statistician", closed="/closed")
    assert (made["requested_by"], made["requested_as"]) == ("statistician-client", "statistician")
    assert made["as_of"] <= made["requested_at"]
    heads = trial.database.rows(
        "SELECT DISTINCT ON (stream) stream, seq, encode(hash, 'hex') FROM platform.audit"
        " WHERE recorded_at <= %s ORDER BY stream, seq DESC",
        made["as_of"],
    )
    told = [(each["stream"], each["seq"], each["hash"]) for each in made["trail"]]
    assert sorted(told) == sorted(heads)
    assert {"NCT05748171", "NCT05748171/S01-001"} == {each[0] for each in told}
    trial.counts()
    earlier = export(trial, role="statistician", closed="/closed", as_of=made["as_of"])
    assert earlier["trail"] == made["trail"]


@pytest.mark.proves("C11", kind="negative")
def test_a_blinded_export_does_not_tell_how_long_the_trail_is(trial: Trial) -> None:
    trial.enrol()
    for role in ("data_manager", "investigator", "statistician"):
        assert export(trial, role=role)["trail"] is None


def test_every_file_of_every_format_is_made(trial: Trial) -> None:
    trial.enrol()
    trial.counts()
    made = export(trial, formats=ALL, audit=True)
    found = all_files(trial, made)
    rows = table(found["lb.csv"])
    assert [(row["LBTESTCD"], row["LBSTRESN"]) for row in rows] == [
        ("NEUT", "1.05"),
        ("PLAT", "120"),
    ]
    assert json.loads(found["lb.json"])["records"] == 2
    assert len(found["lb.ndjson"].splitlines()) == 3
    assert len(found["lb.xpt"]) % 80 == 0
    assert json.loads(found["xpt-notes.json"])["texts"] == []
    assert etree.fromstring(found["odm.xml"]).get("FileType") == "Snapshot"
    assert etree.fromstring(found["odm-audit.xml"]).get("FileType") == "Transactional"
    assert {"ex.csv", "ec.csv", "pc.csv"}.isdisjoint(found)


@pytest.mark.proves("C03", kind="positive")
def test_the_same_instant_gives_the_same_bytes_whatever_came_since(trial: Trial) -> None:
    trial.enrol()
    count = trial.counts()
    at = trial.clock().isoformat()
    before = all_files(trial, export(trial, formats=ALL, audit=True, as_of=at))
    assert trial.correct(count, {"platelets": "90"}).status_code == 200
    trial.enrol("S01-002")
    after = all_files(trial, export(trial, formats=ALL, audit=True, as_of=at))
    assert before == after
    now = all_files(trial, export(trial))
    assert now["lb.csv"] != before["lb.csv"]
    assert len(table(now["dm.csv"])) == 2


def test_an_instant_that_has_not_come_is_refused(trial: Trial) -> None:
    body = {"formats": ["csv"], "as_of": "2199-01-01T00:00:00Z"}
    refused = trial.api.post("/exports", json=body, role="data_manager")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/as_of"


def test_a_dose_changes_no_byte_of_a_blinded_export(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    trial.counts()
    before = all_files(trial, export(trial))
    assert trial.record("dosing", DOSE, visit="C1D1").status_code == 201
    assert all_files(trial, export(trial)) == before


@pytest.mark.proves("C34", kind="positive")
def test_a_site_exports_its_own_children_only(trial: Trial) -> None:
    trial.enrol("S01-001")
    trial.enrol("S02-001")
    made = trial.api.post(
        "/exports", json={"formats": ["csv"]}, role="coordinator", sites=["S02"]
    ).json()
    path = f"/exports/{made['export_id']}/files/dm.csv"
    own = trial.api.get(path, role="coordinator", sites=["S02"])
    assert [row["SUBJID"] for row in table(own.content)] == ["S02-001"]
    assert trial.api.get(path, role="coordinator", sites=["S01"]).status_code == 404
    assert trial.api.get(path, role="data_manager").status_code == 404


@pytest.mark.parametrize(
    "role", ["investigator", "coordinator", "cra", "data_manager", "medical_monitor", "sponsor"]
)
def test_an_unblinded_export_is_for_the_unblinded_only(trial: Trial, role: str) -> None:
    body = {"formats": ["csv"]}
    assert trial.api.post("/closed/exports", json=body, role=role).status_code == 403


def test_an_unblinded_export_is_not_found_among_the_blinded(trial: Trial) -> None:
    made = export(trial, "statistician", "/closed")
    path = f"/exports/{made['export_id']}"
    assert trial.api.get(path, role="statistician").status_code == 404
    assert trial.api.get(f"/closed{path}", role="statistician").status_code == 200


def test_what_was_derived_by_then_is_in_an_unblinded_export(trial: Trial) -> None:
    trial.enrol()
    trial.randomize()
    response = {"assessment_date": "2024-02-26", "response": "CR"}
    at = trial.clock().isoformat()
    assert trial.record("response", response, visit="C1D28").status_code == 201

    def found(**body: Any) -> tuple[set[str], set[str | None]]:
        made = export(trial, "statistician", "/closed", **body)
        times = table(fetch(trial, made, "adtte.csv", "statistician").content)
        told = table(fetch(trial, made, "adrs.csv", "statistician").content)
        by_code = {row["PARAMCD"]: row["AVALC"] for row in told}
        return {row["PARAMCD"] for row in times}, {by_code.get("RSPINV")}

    times, response_now = found()
    assert "OS" in times
    assert response_now == {"CR"}
    assert found(as_of=at)[1] != {"CR"}


def test_a_file_that_the_export_lacks_is_not_found(trial: Trial) -> None:
    made = export(trial)
    assert fetch(trial, made, "lb.xpt").status_code == 404
    assert fetch(trial, made, "ex.csv").status_code == 404


def test_each_fetch_of_an_unblinded_file_is_written_down(trial: Trial) -> None:
    trial.enrol()
    made = export(trial, "auditor", "/closed")
    assert fetch(trial, made, "dm.csv", "auditor").status_code == 200
    noted = trial.database.rows("SELECT file, actor_role FROM assessments.export_fetch")
    assert noted == [("dm.csv", "auditor")]


def test_an_export_of_another_version_is_gone_and_not_other_bytes(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = export(trial)
    monkeypatch.setattr("services.assessments.export_service.__version__", "99.0.0")
    for path in ("", "/files/dm.csv"):
        gone = trial.api.get(f"/exports/{made['export_id']}{path}", role="data_manager")
        assert (gone.status_code, gone.json()["type"]) == (
            410,
            "urn:induct:problem:export-outdated",
        )


def test_the_same_key_makes_one_export(trial: Trial) -> None:
    body = {"formats": ["csv"]}
    first, second = (
        trial.api.post("/exports", json=body, role="data_manager", key="once") for _ in range(2)
    )
    assert first.json() == second.json()


def test_the_pages_of_many_children_are_one_file(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.assessments.export_service.PAGE", 2)
    for number in range(1, 6):
        trial.enrol(f"S01-00{number}")
    found = all_files(trial, export(trial, formats=["csv", "dataset-json"]))
    assert [row["SUBJID"][-1] for row in table(found["dm.csv"])] == list("12345")
    assert json.loads(found["dm.json"])["records"] == 5


def test_what_was_made_masked_since_is_masked_in_an_export_of_before(
    trial: Trial,
) -> None:
    trial.enrol()
    trial.counts()
    at = trial.clock().isoformat()
    before = export(trial, as_of=at)
    definition = with_item(study(), "blood_count", "platelets", arm_revealing=True)
    identity = definition.identity.model_copy(update={"version": "1.1.0"})
    activate_definition(
        trial.database.url("induct_migrator"),
        definition.model_copy(update={"identity": identity}),
        mode="training",
        actor="test",
        reason="platelets tell the arm",
    )
    now = export(trial, as_of=at)
    assert (before["definition_version"], now["definition_version"]) == ("2.5.0", "2.5.0")
    for made in (before, now):
        assert [row["LBTESTCD"] for row in table(fetch(trial, made, "lb.csv").content)] == ["NEUT"]


@pytest.fixture
def allocated(
    client_for: Callable[[str], ApiClient],
    activate: Callable[[str], StudyDefinition],
    database: TestDatabase,
) -> Trial:
    """A child that was allocated for real."""
    activate("NCT05748171")
    randomization = client_for("randomization")
    open_trial(randomization)
    screen(database, "S01-001", study="NCT05748171")
    assert randomization.post("/allocations", json=request("S01-001")).status_code == 201
    return Trial(client_for("assessments"), database)


def test_only_the_unblinded_export_tells_the_arm(allocated: Trial) -> None:
    closed = export(allocated, "statistician", "/closed", formats=["csv"])
    told = table(fetch(allocated, closed, "dm.csv", "statistician").content)[0]
    arm = allocated.database.rows("SELECT arm FROM randomization.allocation")[0][0]
    assert told["ARMCD"] == arm
    masked = table(fetch(allocated, export(allocated), "dm.csv").content)[0]
    assert masked["ARMCD"] == ""


@pytest.mark.parametrize(
    ("role", "arms"), [("statistician", 1), ("auditor", 1), ("data_manager", 0), ("", 0)]
)
def test_the_database_itself_keeps_the_arm_from_this_service(
    allocated: Trial, role: str, arms: int
) -> None:
    import psycopg

    with psycopg.connect(allocated.database.url("induct_assessments")) as connection:
        for name, value in (("study", "NCT05748171"), ("sites", "*"), ("role", role)):
            connection.execute("SELECT set_config(%s, %s, true)", (f"app.{name}", value))
        found = connection.execute("SELECT count(*) FROM randomization.arm_read").fetchone()
        assert found == (arms,)
