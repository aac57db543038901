"""Words that must not be in the trail are marked out in every copy, and every proof stays whole."""

import hashlib
import json
import os
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from psycopg.rows import dict_row

from infra.database.heads_store import HeadsFolder
from infra.database.proof import prove
from infra.database.redaction import listing, refuse
from infra.database.review import make_review
from infra.database.reviewing import within
from infra.postgres import Cluster
from shared.http.problems import SignatureUsed
from tests.infra.database.redaction_world import CLEAN, NAME, STUDY, TEXT, Written, signed
from tests.support.database import TestDatabase, TestServer

COLUMNS = (
    "study_id", "site_id", "subject_id", "table_name", "row_key", "field", "operation", "actor",
    "actor_role", "reason", "request_id",
)  # fmt: skip


def dump(server: TestServer, database: TestDatabase) -> bytes:
    """The whole database as SQL, as pg_dump reads it."""
    program = Cluster(server._home / "postgres").binaries().directory / "pg_dump"
    parts = urlsplit(database.admin_url)
    done = subprocess.run(
        [str(program), f"--host={parts.hostname}", f"--port={parts.port}", "--no-password",
         f"--username={unquote(parts.username or '')}", f"--dbname={database.name}"],
        env={**os.environ, "PGPASSWORD": unquote(parts.password or "")},
        capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


def remains(dumped: bytes) -> dict[str, int]:
    """How often each word of the name is there, as text, in escapes, or as the hex of bytes."""
    spelled = {}
    for word in ("Johanka", "Jája", "Nováková"):
        escaped = json.dumps(word)[1:-1].encode()
        forms = {word.encode(), escaped, escaped.replace(b"\\", b"\\\\")}
        forms |= {form.hex().encode() for form in forms}
        spelled[word] = sum(dumped.count(form) for form in forms)
    return spelled


@pytest.mark.proves("C09", kind="oracle")
def test_no_byte_of_the_words_is_left_in_the_whole_database(
    corrected: Written, server: TestServer, database: TestDatabase
) -> None:
    before = remains(dump(server, database))
    assert all(count > 8 for count in before.values()), before
    number = corrected.redact()
    after = dump(server, database)
    assert remains(after) == dict.fromkeys(before, 0)
    assert after.count(f"[redacted {number}]".encode()) > 8


@pytest.mark.proves("C09", kind="positive")
def test_trail_tables_guards_and_witness_are_whole_after_it(
    written: Written, database: TestDatabase, tmp_path: Path
) -> None:
    heads = HeadsFolder(tmp_path / "heads")
    heads.add(1, prove(written.url, heads).heads(datetime.now(UTC)))
    written.correct()
    kept = set(database.rows("SELECT stream, seq, hash, values_hash FROM platform.audit"))
    written.redact()
    assert kept <= set(database.rows("SELECT stream, seq, hash, values_hash FROM platform.audit"))
    proof = prove(written.url, heads)
    assert (proof.faults, proof.ledger.last) == ([], 1)


def netstring(parts: Sequence[str | None]) -> bytes:
    return b",".join(
        b"-" if p is None else str(len(p.encode())).encode() + b":" + p.encode() for p in parts
    )


@pytest.mark.proves("C09", kind="oracle")
def test_who_reckons_the_chain_by_another_program_finds_each_link_and_what_is_left(
    corrected: Written, database: TestDatabase
) -> None:
    corrected.redact()
    with database.admin() as admin, admin.cursor(row_factory=dict_row) as cursor:
        entries = cursor.execute("SELECT * FROM platform.redacted_entry").fetchall()
        rows = cursor.execute("SELECT * FROM platform.audit ORDER BY stream, seq").fetchall()
    left = {(one["stream"], one["seq"]): bytes.fromhex(one["left_values"]) for one in entries}
    links: dict[str, bytes] = {}
    for row in rows:
        stream = row["stream"]
        before = links.get(stream, hashlib.sha256(stream.encode()).digest())
        at = row["recorded_at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        told = [row[name] for name in COLUMNS]
        parts = [stream, str(row["seq"]), *told, at, row["values_hash"].hex()]
        links[stream] = hashlib.sha256(before + netstring(parts)).digest()
        assert links[stream] == row["hash"]
        values = netstring([row["old_value"], row["new_value"]])
        proven = left.get((stream, row["seq"]), row["values_hash"])
        assert hashlib.sha256(row["salt"] + values).digest() == proven
    assert len(left) == 3


@pytest.mark.proves("C09", kind="positive")
def test_what_stood_beside_the_words_can_still_be_read(
    corrected: Written, database: TestDatabase
) -> None:
    number = corrected.redact()
    rest = TEXT.replace(NAME, f"[redacted {number}]")
    versions = (
        "SELECT value FROM assessments.item_version WHERE item = 'indication' ORDER BY version"
    )
    assert database.rows(versions) == [(rest,), (CLEAN,)]
    trail = database.rows(
        "SELECT old_value, new_value FROM platform.audit WHERE table_name = 'assessments.item'"
        " AND field = 'indication' ORDER BY seq"
    )
    assert trail == [(None, rest), (rest, CLEAN)]
    case = "SELECT narrative, event_term FROM safety.case_version ORDER BY version"
    assert database.rows(case) == [
        (rest, "Febrile neutropenia"), (CLEAN, "Febrile neutropenia"),
    ]  # fmt: skip
    ((deep,),) = database.rows("SELECT envelope -> 'data' -> 'deep' -> 0 FROM platform.delivery")
    assert json.loads(deep["said"]) == {"note": rest}  # type: ignore[index]


@pytest.mark.proves("C09", kind="positive")
def test_a_redaction_tells_who_asked_who_approved_when_why_and_what(
    corrected: Written, database: TestDatabase
) -> None:
    number = corrected.redact()
    (told,) = within(corrected.url, STUDY, listing)
    assert (told["requested_by"], told["decided_by"]) == ("manager-1", "sponsor-1")
    assert told["justification"] == "The subject's name, in free text"
    trail = dict(
        database.rows(
            "SELECT table_name || '.' || field, new_value FROM platform.audit WHERE table_name IN"
            " ('platform.redaction', 'platform.redaction_decision') AND stream = %s",
            f"{STUDY}/S01-001",
        )
    )
    assert trail["platform.redaction.number"] == str(number)
    assert trail["platform.redaction.sha256"] == told["sha256"]
    assert trail["platform.redaction_decision.decided_by"] == "sponsor-1"
    signers = database.rows(
        "SELECT meaning, signer, signer_name FROM platform.signature WHERE signed_table ="
        " 'platform.redaction' ORDER BY meaning"
    )
    assert signers == [
        ("redaction-approved", "sponsor-1", "Quentin Quality"),
        ("redaction-requested", "manager-1", "Mia Manager"),
    ]
    assert remains(json.dumps(told, default=str, ensure_ascii=False).encode())["Johanka"] == 0
    marked = database.rows("SELECT stream, seq FROM platform.redacted_entry ORDER BY 1, 2")
    places = {
        (each["key"]["stream"], each["key"]["seq"])
        for each in told["places"]
        if each["table"] == "platform.audit"
    }
    assert set(marked) == places


def test_words_of_a_reason_go_and_the_entries_before_it_stay_proven(
    corrected: Written, database: TestDatabase
) -> None:
    why = f"The mother of {NAME} asked for it"
    record = corrected.trial.read(corrected.record).json()
    done = corrected.trial.correct(record, {"medication": "Ibuprofen"}, reason=why)
    assert done.status_code == 200, done.text
    ((key, seq),) = database.rows(
        "SELECT row_key, seq FROM platform.audit WHERE reason = %s AND field = 'medication'", why
    )
    first = corrected.redact()
    assert corrected.faults() == []
    reasons = database.rows("SELECT DISTINCT reason FROM platform.audit WHERE seq = %s", seq)
    assert (f"The mother of [redacted {first}] asked for it",) in reasons
    second = corrected.redact(key=key, field="medication", side="reason", words="asked for it")
    assert corrected.faults() == []
    reasons = database.rows("SELECT DISTINCT reason FROM platform.audit WHERE seq = %s", seq)
    assert (f"The mother of [redacted {first}] [redacted {second}]",) in reasons
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "UPDATE platform.audit SET reason = 'x' WHERE seq = %s AND field = 'medication'", (seq,)
        )
    (fault, *_) = corrected.faults()
    assert (fault.seq, fault.what) == (seq, "altered (assessments.item.medication)")


@pytest.mark.proves("C09", kind="negative")
def test_who_guesses_the_words_finds_no_hash_to_try_them_against(
    corrected: Written, server: TestServer, database: TestDatabase
) -> None:
    query = (
        "SELECT old_value, new_value, salt, values_hash FROM platform.audit"
        " WHERE field = 'indication' AND new_value = %s"
    )
    ((old, new, salt, proven),) = database.rows(query, TEXT)
    assert isinstance(salt, bytes)
    guess = netstring([old, new])  # type: ignore[list-item]
    assert hashlib.sha256(salt + guess).digest() == proven
    corrected.redact()
    dumped = dump(server, database)
    assert isinstance(proven, bytes)
    assert proven.hex().encode() in dumped
    assert salt.hex().encode() not in dumped


def test_values_of_an_entry_go_after_words_of_its_reason(
    corrected: Written, database: TestDatabase
) -> None:
    record = corrected.trial.read(corrected.record).json()
    change = {"medication": "Sirup of his aunt"}
    made = corrected.trial.correct(record, change, reason=f"{NAME} said so")
    assert corrected.trial.correct(made.json(), {"medication": "Sirup"}).status_code == 200
    first = corrected.redact()
    key = f"{corrected.record['record_id']}/3"
    second = corrected.redact(key=key, field="medication", words="of his aunt")
    assert database.rows(
        "SELECT new_value, reason FROM platform.audit WHERE row_key = %s AND field = 'medication'",
        key,
    ) == [(f"Sirup [redacted {second}]", f"[redacted {first}] said so")]
    assert corrected.faults() == []


def test_without_words_all_that_a_field_said_goes(
    corrected: Written, database: TestDatabase
) -> None:
    number = corrected.redact(words=None)
    versions = (
        "SELECT value FROM assessments.item_version WHERE item = 'indication' ORDER BY version"
    )
    assert database.rows(versions) == [(f"[redacted {number}]",), (CLEAN,)]
    assert corrected.faults() == []


def test_the_words_of_why_there_is_no_value_go_and_the_code_stays(
    corrected: Written, database: TestDatabase
) -> None:
    record = corrected.trial.read(corrected.record).json()
    unknown = {"null": "UNK", "reason": "Johanka does not remember it"}
    made = corrected.trial.correct(record, {"indication": unknown})
    assert made.status_code == 200, made.text
    assert corrected.trial.correct(made.json(), {"indication": CLEAN}).status_code == 200
    key = f"{corrected.record['record_id']}/3"
    number = corrected.redact(key=key, words=None)
    assert database.rows(
        "SELECT null_flavour, null_reason FROM assessments.item_version WHERE version = 3"
        " AND item = 'indication'"
    ) == [("UNK", f"[redacted {number}]")]
    assert corrected.faults() == []


def test_a_retry_of_the_first_entry_is_answered_without_the_words(
    written: Written, database: TestDatabase
) -> None:
    items = {"medication": "Ibuprofen", "indication": TEXT, "start_date": "2024-02-20"}
    entry: dict[str, Any] = {"form": "concomitant_medication", "repeat": 7, "items": items}
    path = "/subjects/S01-001/assessments"
    made = written.trial.api.post(path, json=entry, key="first")
    assert made.status_code == 201
    assert written.trial.correct(made.json(), {"indication": CLEAN}).status_code == 200
    written.correct()
    number = written.redact()
    again = written.trial.api.post(path, json=entry, key="first")
    assert again.status_code == 201
    assert again.json()["record_id"] == made.json()["record_id"]
    assert "Johanka" not in again.text
    ((body,),) = database.rows("SELECT body FROM platform.idempotency WHERE key = 'first'")
    assert (f"[redacted {number}]" in str(body)) == ("Johanka" in made.text)


def test_the_same_words_at_another_subject_are_told_of_and_stay_there(
    corrected: Written, database: TestDatabase
) -> None:
    corrected.trial.enrol("S01-002")
    items = {"medication": "Paracetamol", "indication": TEXT, "start_date": "2024-02-20"}
    assert corrected.trial.record("concomitant_medication", items, "S01-002").status_code == 201
    assert corrected.propose().elsewhere.keys() == {"S01-002"}
    corrected.redact()
    kept = "SELECT value FROM assessments.item_version WHERE subject_id = 'S01-002' AND item = %s"
    assert database.rows(kept, "indication") == [(TEXT,)]
    assert corrected.faults() == []


def test_a_review_of_the_trail_names_who_redacted(corrected: Written) -> None:
    corrected.redact()
    made = within(corrected.url, STUDY, lambda work: make_review(work, work.now))
    assert made is not None
    rows = made.findings["rules"]["R8"]["rows"]
    told = {(row["about"], row["actor"], row["role"]) for row in rows}
    assert ("platform.redaction: insert", "manager-1", "data_manager") in told
    assert ("platform.redaction_decision: insert", "sponsor-1", "sponsor") in told


def test_a_request_that_is_refused_takes_nothing_out(
    corrected: Written, database: TestDatabase
) -> None:
    number = corrected.request()
    given = corrected.approval(number, meaning="redaction-refused")
    within(corrected.url, STUDY, lambda work: refuse(work, number, "It is needed"), given)
    (told,) = within(corrected.url, STUDY, listing)
    assert (told["decision"], told["decision_reason"]) == ("refused", "It is needed")
    assert database.rows("SELECT count(*) FROM platform.redacted_entry") == [(0,)]
    again = corrected.request()
    assert again == number + 1
    corrected.approve(again)


def test_a_dry_run_changes_nothing_and_shows_no_word(corrected: Written) -> None:
    before = corrected.state()
    proposal = corrected.propose()
    assert corrected.state() == before
    assert remains(json.dumps(proposal.content, ensure_ascii=False).encode()) == {
        "Johanka": 0, "Jája": 0, "Nováková": 0,
    }  # fmt: skip
    tables = {each["table"] for each in proposal.content["places"]}
    assert tables >= {
        "platform.audit", "platform.delivery", "platform.idempotency", "assessments.item_version",
        "assessments.job", "assessments.job_row", "safety.case_version",
    }  # fmt: skip


def test_a_signature_of_the_first_person_is_spent_by_one_request(corrected: Written) -> None:
    given = signed("redaction-requested", corrected.propose().content)
    corrected.request(given)
    with pytest.raises(SignatureUsed):
        corrected.request(given)
