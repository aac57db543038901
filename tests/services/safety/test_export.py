"""The export of a whole case, and the log of who read a suspect drug."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from infra.cli.main import app
from shared.database.idempotency import content_hash
from tests.services.safety.letting_in import register
from tests.services.safety.life import Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

Body = dict[str, Any]


def test_an_export_holds_every_row_of_the_case_and_a_hash_over_them(
    api: ApiClient, report: Body
) -> None:
    register(api, "http://127.0.0.1:9/desk")
    life = Life(api, report)
    Life(api, report)
    life.causality(on(1), "investigator", True)
    life.follow_up(on(2), seriousness=["death"], grade=5)
    life.post("/narrative", {}, on(3), headers={"If-Match": '"2"'})
    found = life.read(query="/export")
    rows = found["rows"]
    assert [row["version"] for row in rows["versions"]] == [1, 2]
    assert [row["number"] for row in rows["facts"]] == list(range(1, len(rows["facts"]) + 1))
    assert {row["meaning"] for row in rows["signatures"]} == {
        "medical-judgement",
        "narrative-signed",
    }
    assert not any("token_id" in row for row in rows["signatures"])
    assert {row["event_type"] for row in rows["messages"]} == {
        "case.opened",
        "case.followed_up",
        "case.recomputed",
    }
    assert len(rows["narratives"]) == 1
    numbers = [row["sequence"] for row in rows["notices"]]
    assert numbers == list(range(1, len(rows["messages"]) + 1))
    owed = {row["obligation_id"] for row in rows["obligations"]}
    assert owed == {each["obligation_id"] for each in found["case"]["obligations"]}
    assert {row["case_id"] for name in rows for row in rows[name] if "case_id" in row} == {
        life.case["case_id"]
    }
    assert found["sha256"] == content_hash(rows)


def test_what_may_not_know_the_arm_exports_no_case(api: ApiClient, report: Body) -> None:
    life = Life(api, report)
    for role in ("medical_monitor", "data_manager", "admin"):
        assert api.get(life.path + "/export", role=role).status_code == 403


def test_each_read_of_a_suspect_drug_by_an_auditor_is_written_down_and_nobody_elses(
    api: ApiClient, report: Body, database: TestDatabase
) -> None:
    life = Life(api, report)
    for where in ("", "/versions", "/obligations", "/judgements", "/narrative", "/export"):
        for role in ("auditor", "safety_desk"):
            assert api.get(life.path + where, role=role).status_code == 200
    assert api.get("/line-listing", role="auditor").status_code == 200
    rows = database.rows("SELECT operation, actor_role FROM safety.unblinded_read")
    assert {role for _, role in rows} == {"auditor"}
    assert {operation for operation, _ in rows} == {
        "safety.read_case", "safety.list_case_versions", "safety.list_obligations",
        "safety.list_judgements", "safety.read_narrative", "safety.export_case",
        "safety.read_line_listing",
    }  # fmt: skip


def test_the_command_line_computes_from_an_export_what_the_service_holds(
    api: ApiClient, report: Body, tmp_path: Path
) -> None:
    life = Life(api, report, seriousness=["death"], grade=5)
    life.causality(on(0.2), "investigator", True)
    life.answer(on(4), life.submit(on(3), "EU", ["eu_susar_fatal"]), accepted=True)
    life.follow_up(on(5), narrative="Autopsy done.")
    life.expectedness(on(6), False)
    file = tmp_path / "export.json"
    file.write_text(json.dumps(life.read(query="/export", at=on(7))), "utf-8")
    done = CliRunner().invoke(app, ["safety", "clocks", str(file)])
    assert done.exception is None, done.exception
    answer = json.loads(done.stdout)
    names = ("obligation_id", "due_at", "state", "provisional", "reason")
    held = life.read(at=on(7))["obligations"]
    assert [[each[name] for name in names] for each in answer["obligations"]] == [
        [each[name] for name in names] for each in held
    ]
    assert {"submitted", "open"} <= {each["state"] for each in held}
