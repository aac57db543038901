"""Many records at once: rows in one request, and files in parts."""

import io
import json
import re
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.assessments import bulk_service, submission_service
from shared.contracts.envelope import Envelope
from shared.database.receipts import PATTERN
from tests.services.assessments.support import Trial


def count(subject: str, neutrophils: object = "1.05", **changes: Any) -> dict[str, Any]:
    items = {"sample_date": "2024-02-26", "neutrophils": neutrophils}
    return {"subject": subject, "form": "blood_count", "visit": "C1D28", "items": items} | changes


def submit(trial: Trial, rows: Sequence[Any], **changes: Any) -> httpx.Response:
    options = {name: changes.pop(name) for name in ("key", "sites") if name in changes}
    return trial.api.post("/submissions", json={"rows": list(rows)} | changes, **options)


def states(response: httpx.Response) -> list[str]:
    return [row["state"] for row in response.json()["rows"]]


def codes(response: httpx.Response) -> list[list[tuple[str, str]]]:
    return [[(f["pointer"], f["code"]) for f in row["faults"]] for row in response.json()["rows"]]


def test_the_rows_of_a_submission_are_stored_at_one_instant(trial: Trial) -> None:
    first, second = trial.enrol("S01-001"), trial.enrol("S01-002")
    made = submit(trial, [count(first), count(second), count(first, repeat=2)])
    assert (made.status_code, states(made)) == (201, ["created"] * 3)
    at = trial.database.rows(
        "SELECT count(DISTINCT (position, recorded_at)), count(*), count(DISTINCT submission_id)"
        " FROM assessments.record_version JOIN assessments.record USING (record_id)"
        " WHERE form = 'blood_count'"
    )
    assert at == [(1, 3, 1)]
    assert len(trial.events("assessment.recorded")) == 5


def test_one_fault_stores_nothing_of_an_atomic_submission(trial: Trial) -> None:
    subject = trial.enrol()
    before = trial.stored()
    made = submit(trial, [count(subject), count(subject, "much", repeat=2), count("S01-999")])
    assert (made.status_code, made.json()["stored"]) == (200, False)
    assert codes(made) == [
        [],
        [("/items/neutrophils", "type-mismatch")],
        [("/subject", "subject-unknown")],
    ]
    assert trial.stored() == before


def test_good_rows_are_stored_beside_bad_ones_where_the_sender_asks_for_it(trial: Trial) -> None:
    subject = trial.enrol()
    empty = count(subject) | {"items": {}}
    rows = [count(subject, "much"), count(subject, repeat=2), empty]
    made = submit(trial, rows, atomic=False)
    assert (made.status_code, states(made)) == (201, ["refused", "created", "refused"])
    assert codes(made)[2] == [("/items", "required-missing")]
    assert trial.api.get(f"/subjects/{subject}/assessments").json()["items"][-1] is not None


def test_a_dry_run_judges_every_row_against_those_before_it_and_stores_nothing(
    trial: Trial,
) -> None:
    trial.register("S01-001")
    consent = {
        "subject": "S01-001",
        "form": "consent",
        "visit": "SCR",
        "items": {"consent_date": "2024-01-20", "assent_due": False},
    }
    before = trial.stored()
    made = submit(trial, [count("S01-001"), consent, count("S01-001")], dry_run=True)
    assert states(made) == ["refused", "created", "created"]
    assert codes(made)[0] == [("/form", "anchor-missing")]
    assert [row["record_id"] for row in made.json()["rows"]] == [None] * 3
    assert trial.stored() == before


def test_a_change_needs_a_reason_and_an_addition_none(trial: Trial) -> None:
    subject = trial.enrol()
    submit(trial, [count(subject)])
    added = submit(trial, [count(subject) | {"items": {"platelets": "120"}}])
    changed = submit(trial, [count(subject, "1.5")])
    told = submit(trial, [count(subject, "1.5", reason="Source corrected")])
    again = submit(trial, [count(subject, "1.5")])
    assert states(added) == ["corrected"]
    assert codes(changed) == [[("/reason", "reason-required")]]
    assert (states(told), states(again)) == (["corrected"], ["unchanged"])
    assert again.status_code == 200


def test_a_record_is_written_once_in_a_submission(trial: Trial) -> None:
    subject = trial.enrol()
    made = submit(trial, [count(subject), count(subject, "2")])
    assert codes(made) == [[], [("/", "duplicate-target")]]


def test_a_change_based_on_another_version_is_stale(trial: Trial) -> None:
    subject = trial.enrol()
    submit(trial, [count(subject)])
    made = submit(trial, [count(subject, "2", reason="Source corrected", if_version=2)])
    assert codes(made) == [[("/", "stale-version")]]


def test_a_file_is_taken_once_and_never_undoes_what_came_since(trial: Trial) -> None:
    subject = trial.enrol()
    first = submit(trial, [count(subject)], file_id="f1")
    submit(trial, [count(subject, "2", reason="Source corrected")])
    again = submit(trial, [count(subject)], file_id="f1")
    other = submit(trial, [count(subject, "3")], file_id="f1")
    assert (again.status_code, again.json()["replayed"]) == (200, True)
    assert again.json()["submission_id"] == first.json()["submission_id"]
    assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (409, "key-reused")
    (record,) = [
        each
        for each in trial.api.get(f"/subjects/{subject}/assessments").json()["items"]
        if each["form"] == "blood_count"
    ]
    assert record["items"]["neutrophils"] == "2"


def test_a_file_waits_for_the_one_before_it(trial: Trial) -> None:
    subject = trial.enrol()
    early = submit(trial, [count(subject)], file_id="f2", prior_file_id="f1")
    submit(trial, [count(subject, repeat=2)], file_id="f1")
    late = submit(trial, [count(subject)], file_id="f2", prior_file_id="f1")
    assert (early.status_code, late.status_code) == (409, 201)


def test_a_sender_reaches_its_own_sites_only(trial: Trial) -> None:
    subject = trial.enrol("S02-001")
    made = submit(trial, [count(subject)], sites=["S01"])
    assert codes(made) == [[("/subject", "subject-unknown")]]


def test_a_value_in_another_unit_is_kept_beside_the_converted_one(trial: Trial) -> None:
    subject = trial.enrol()
    row = count(subject)
    row["items"]["leukocytes"] = {"value": "900", "unit": "/uL"}
    row["items"]["platelets"] = {"null": "ND", "reason": "Clotted"}
    made = submit(trial, [row])
    record = trial.api.get(
        f"/subjects/{subject}/assessments/{made.json()['rows'][0]['record_id']}"
    ).json()
    assert record["items"]["leukocytes"] == {"value": "900", "unit": "/uL"}
    assert record["items"]["platelets"] == {"null": "ND", "reason": "Clotted"}
    assert record["converted"] == {"leukocytes": {"value": "0.9", "unit": "10*9/L"}}
    read = trial.database.rows(
        "SELECT item, value FROM assessments.item_read WHERE item IN ('leukocytes', 'platelets')"
        " ORDER BY item"
    )
    assert read == [("leukocytes", "0.9"), ("platelets", None)]
    trail = trial.database.rows(
        "SELECT field, new_value FROM platform.audit WHERE table_name = 'assessments.item'"
        " AND field IN ('leukocytes', 'platelets') ORDER BY field"
    )
    assert trail == [("leukocytes", "900 /uL"), ("platelets", "ND: Clotted")]


# Files ---------------------------------------------------------------------------------------


def ndjson(rows: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def open_job(trial: Trial, kind: str = "ndjson", **changes: Any) -> str:
    made = trial.api.post("/jobs", json={"format": kind} | changes)
    assert made.status_code == 201, made.text
    job: str = made.json()["job_id"]
    return job


def send(trial: Trial, job: str, parts: Sequence[bytes]) -> httpx.Response:
    offset = 0
    response = httpx.Response(500)
    for n, part in enumerate(parts, start=1):
        last = "true" if n == len(parts) else "false"
        response = trial.api.post(f"/jobs/{job}/parts?offset={offset}&last={last}", content=part)
        offset += len(part)
    return response


def work_off(trial: Trial) -> None:
    """Deliver what the service told itself, as the queue does, until nothing is left."""
    delivered: set[str] = set()
    while True:
        rows = trial.database.rows(
            "SELECT envelope FROM platform.outbox WHERE type = 'bulk.advanced' ORDER BY created_at"
        )
        waiting = [row[0] for row in rows if row[0]["id"] not in delivered]  # type: ignore[index]
        if not waiting:
            return
        for envelope in waiting:
            trial.deliver(Envelope.model_validate(envelope))
            delivered.add(envelope["id"])  # type: ignore[index]


def test_a_file_in_parts_is_written_in_the_background(trial: Trial) -> None:
    subject = trial.enrol()
    content = ndjson([count(subject, repeat=n) for n in range(1, 601)])
    job = open_job(trial)
    sent = send(trial, job, [content[:1000], content[1000:30_001], content[30_001:]])
    assert (sent.json()["state"], sent.json()["rows_received"]) == ("queued", 600)
    work_off(trial)
    done = trial.api.get(f"/jobs/{job}").json()
    assert (done["state"], done["created"], done["rows_done"]) == ("done", 600, 600)
    actors = trial.database.rows(
        "SELECT DISTINCT actor, actor_role FROM assessments.record_version"
        " JOIN assessments.record USING (record_id) WHERE form = 'blood_count'"
    )
    assert [role for _, role in actors] == ["coordinator"]
    # What was received stays, as it came.
    assert trial.database.rows("SELECT count(*) FROM assessments.job_row") == [(600,)]


@pytest.mark.proves("C34", kind="positive")
def test_what_a_job_has_stored_is_receipted_step_by_step(trial: Trial) -> None:
    first, second = trial.enrol("S01-001"), trial.enrol("S01-002")
    rows = [count(first, repeat=n) for n in range(1, bulk_service.BATCH + 2)]
    job = open_job(trial)
    send(trial, job, [ndjson([*rows, count(second), count("S01-999")])])
    path = f"/jobs/{job}/receipts"
    assert trial.api.get(path).json() == {"items": [], "next": None}
    work_off(trial)
    one = trial.api.get(f"{path}?limit=2").json()
    rest = trial.api.get(f"{path}?after={one['next']}").json()
    receipts = one["items"] + rest["items"]
    assert all(re.fullmatch(PATTERN, each) for each in receipts)
    streams = [each.split(" ")[0] for each in receipts]
    assert streams == [f"NCT05748171/{each}" for each in (first, first, second)]
    # The second step goes on where the first one ended.
    (_, span, _, end), (_, later, before, last) = (each.split(" ") for each in receipts[:2])
    assert (before, int(later.split("-")[0])) == (end, int(span.split("-")[1]) + 1)
    head = "SELECT encode(hash, 'hex') FROM platform.audit_head WHERE stream = %s"
    assert trial.database.rows(head, streams[0]) == [(last,)]
    assert trial.api.get(path, client="another").status_code == 404
    assert trial.api.get(f"{path}?after=x").status_code == 422


def test_a_dry_run_in_the_background_has_no_receipts(trial: Trial) -> None:
    subject = trial.enrol()
    job = open_job(trial, dry_run=True)
    send(trial, job, [ndjson([count(subject)])])
    work_off(trial)
    assert trial.api.get(f"/jobs/{job}").json()["state"] == "done"
    assert trial.api.get(f"/jobs/{job}/receipts").json()["items"] == []


def test_every_bad_row_is_told_by_its_number_and_the_good_ones_stand(trial: Trial) -> None:
    subject = trial.enrol()
    lines = [
        json.dumps(count(subject)).encode(),
        b"{not json",
        json.dumps(count(subject, "x", repeat=2)).encode(),
        b'{"subject": "S01-001", "subject": "S01-001"}',
        b"\xff",
        json.dumps(count(subject, repeat=3)).encode(),
    ]
    job = open_job(trial)
    send(trial, job, [b"\n".join(lines)])
    work_off(trial)
    done = trial.api.get(f"/jobs/{job}").json()
    assert (done["state"], done["created"], done["refused"]) == ("done", 2, 4)
    faults = trial.api.get(f"/jobs/{job}/errors?limit=3").json()
    rest = trial.api.get(f"/jobs/{job}/errors?after={faults['next']}").json()
    for nowhere in ("1", "1-x", "-1", f"{'9' * 30}-1", f"1-{'9' * 30}"):
        assert trial.api.get(f"/jobs/{job}/errors?after={nowhere}").status_code == 422, nowhere
    beyond = trial.api.get(f"/jobs/{job}/errors?after={'9' * 18}-{'9' * 18}").json()
    assert (beyond["items"], beyond["next"]) == ([], None)
    told = [(f["row"], f["pointer"], f["code"]) for f in faults["items"] + rest["items"]]
    assert told == [
        (2, "/", "malformed"),
        (3, "/items/neutrophils", "type-mismatch"),
        (4, "/", "malformed"),
        (5, "/", "malformed"),
    ]


def test_a_row_that_nobody_foresaw_is_told_and_holds_up_no_other(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, log_lines: io.StringIO
) -> None:
    subject = trial.enrol()
    judge = submission_service._judge

    def broken(work: Any, batch: Any, row: Any, new_id: str) -> Any:
        if row.repeat == 2:
            work.execute(text("SELECT 1 / 0"))
        return judge(work, batch, row, new_id)

    monkeypatch.setattr(submission_service, "_judge", broken)
    job = open_job(trial)
    send(trial, job, [ndjson([count(subject, repeat=each) for each in (1, 2, 3)])])
    work_off(trial)
    done = trial.api.get(f"/jobs/{job}").json()
    assert (done["state"], done["created"], done["refused"]) == ("done", 2, 1)
    faults = trial.api.get(f"/jobs/{job}/errors").json()["items"]
    assert [(f["row"], f["pointer"], f["code"]) for f in faults] == [(2, "/", "internal")]
    assert "rows not written" in log_lines.getvalue()


@pytest.mark.parametrize("option", ["atomic", "dry_run"])
def test_a_bad_row_stores_nothing_of_an_atomic_file_nor_does_a_dry_run(
    trial: Trial, option: str
) -> None:
    subject = trial.enrol()
    job = open_job(trial, **{option: True})
    send(trial, job, [ndjson([count(subject), count(subject, "x", repeat=2)])])
    work_off(trial)
    done = trial.api.get(f"/jobs/{job}").json()
    assert done["state"] == ("refused" if option == "atomic" else "done")
    assert done["refused"] == 1
    stored = trial.database.rows("SELECT count(*) FROM assessments.record WHERE form <> 'consent'")
    assert stored == [(0,)]


def test_csv_says_the_same_as_json(trial: Trial) -> None:
    subject = trial.enrol()
    content = (
        "subject,form,visit,repeat,sample_date,neutrophils,leukocytes,leukocytes.unit,"
        "platelets.null,platelets.reason\r\n"
        f'{subject},blood_count,C1D28,2,2024-02-26,1.05,900,/uL,ND,"Clotted, twice"\r\n'
    ).encode()
    job = open_job(trial, "csv")
    send(trial, job, [content[:20], content[20:]])
    work_off(trial)
    assert trial.api.get(f"/jobs/{job}").json()["created"] == 1
    (record,) = [
        each
        for each in trial.api.get(f"/subjects/{subject}/assessments").json()["items"]
        if each["form"] == "blood_count"
    ]
    assert record["items"] == {
        "sample_date": "2024-02-26",
        "neutrophils": "1.05",
        "leukocytes": {"value": "900", "unit": "/uL"},
        "platelets": {"null": "ND", "reason": "Clotted, twice"},
    }


def test_a_part_begins_where_the_last_one_ended_and_comes_again_with_its_key(trial: Trial) -> None:
    subject = trial.enrol()
    content = ndjson([count(subject)])
    job = open_job(trial)
    first = trial.api.post(f"/jobs/{job}/parts?offset=0", content=content[:9], key="p1")
    again = trial.api.post(f"/jobs/{job}/parts?offset=0", content=content[:9], key="p1")
    gap = trial.api.post(f"/jobs/{job}/parts?offset=10", content=content[10:])
    assert first.json() == again.json()
    assert first.json()["received"] == 9
    assert (gap.status_code, gap.json()["type"].rpartition(":")[2]) == (409, "part-misplaced")


def test_a_header_that_names_no_subject_is_refused(trial: Trial) -> None:
    job = open_job(trial, "csv")
    refused = send(trial, job, [b"subject,form,form\nS01-001,marrow,marrow\n"])
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "header-invalid"


def test_a_job_is_seen_by_the_one_who_opened_it(trial: Trial) -> None:
    job = open_job(trial)
    assert trial.api.get(f"/jobs/{job}", client="another").status_code == 404
