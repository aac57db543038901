"""Exports of a large study: how fast its children are written, and in how much memory.

The children are copies of one that was posted as an EDC does: copied in the database, because what
is measured is reading.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import psycopg

from benchmarks.outcome import InvalidRun
from benchmarks.stack import Stack
from benchmarks.submission import SITE, STUDY, memory, post_one
from infra.local.home import DATABASE

SUBJECT = f"{SITE}-600001"
FILES = {"csv": "lb.csv", "dataset-json": "lb.json", "odm": "odm.xml"}
# What a copy needs are rows and not triggers. Ids are made from
# those copied, so that the rows of a copy find each other.
_COPIES = """
    SET session_replication_role = replica;
    CREATE TEMP TABLE copy AS
        SELECT site_id || '-' || n AS subject FROM randomization.site_read, generate_series({first}, {last}) n
        WHERE study_id = '{study}' AND site_id = '{site}';
    INSERT INTO assessments.subject
        SELECT (jsonb_populate_record(s, jsonb_build_object('subject_id', c.subject))).*
        FROM assessments.subject s, copy c WHERE s.subject_id = '{subject}';
    INSERT INTO assessments.record
        SELECT md5(r.record_id || c.subject)::uuid, study_id, site_id, c.subject, form, visit, repeat
        FROM assessments.record r, copy c WHERE r.subject_id = '{subject}';
    INSERT INTO assessments.record_version
        SELECT (jsonb_populate_record(v, jsonb_build_object('subject_id', c.subject,
                   'record_id', md5(v.record_id || c.subject)::uuid))).*
        FROM assessments.record_version v, copy c WHERE v.subject_id = '{subject}';
    INSERT INTO assessments.item_version
        SELECT (jsonb_populate_record(i, jsonb_build_object('subject_id', c.subject,
                   'record_id', md5(i.record_id || c.subject)::uuid))).*
        FROM assessments.item_version i, copy c WHERE i.subject_id = '{subject}';
    DROP TABLE copy;
    SET session_replication_role = origin;
    ANALYZE assessments.subject, assessments.record, assessments.record_version,
        assessments.item_version;
"""  # noqa: E501


@dataclass(frozen=True)
class Exported:
    """A file of ``children``: its bytes, the seconds it took, and how much the server's resident
    memory grew in that time (MB)."""

    file: str
    children: int
    size: int
    seconds: float
    grown: float


def measure(stack: Stack, extent: Sequence[int]) -> list[Exported]:
    """Export the study with so many children; each number is larger than the one before."""
    values = post_one(stack, SUBJECT)
    found, there = [], 1
    _export(stack, 1, values)  # what is loaded once is there before memory is read
    for children in extent:
        _copy(stack, there, children)
        there = children
        found += _export(stack, children, values)
    return found


def _copy(stack: Stack, there: int, children: int) -> None:
    first = 600_001
    with psycopg.connect(stack.cluster.superuser_url(DATABASE), autocommit=True) as admin:
        admin.execute(
            _COPIES.format(
                study=STUDY, site=SITE, subject=SUBJECT,
                first=first + there, last=first + children - 1,
            ).encode()
        )  # fmt: skip


def _export(stack: Stack, children: int, values: int) -> list[Exported]:
    body = json.dumps({"formats": list(FILES)})
    with _asked(stack, "POST", "/exports", body) as answer:
        content = json.loads(answer.read())
        if answer.status != 201:
            raise InvalidRun(f"an export was refused: {answer.status}")
    return [_fetch(stack, content["export_id"], name, children, values) for name in FILES.values()]


def _fetch(stack: Stack, export: str, name: str, children: int, values: int) -> Exported:
    Path(f"/proc/{stack.pid}/clear_refs").write_text("5")  # the highest is from now on
    before, begun, size, items = memory(stack)[0], time.perf_counter(), 0, 0
    with _asked(stack, "GET", f"/exports/{export}/files/{name}") as answer:
        while part := answer.read1(1 << 16):
            size += len(part)
            items += part.count(b"<ItemData ")
    seconds = time.perf_counter() - begun
    if answer.status != 200 or (name == FILES["odm"] and items < children * values * 0.99):
        raise InvalidRun(f"{name} is not whole: {answer.status}, {items} values")
    return Exported(name, children, size, seconds, memory(stack)[1] - before)


@contextmanager
def _asked(stack: Stack, method: str, path: str, body: str = "") -> Iterator[HTTPResponse]:
    token = stack.home.issuer().token(
        client="benchmark", role="data_manager", studies=[STUDY], sites=["*"]
    )
    connection = HTTPConnection("127.0.0.1", stack.home.port, timeout=600)
    connection.request(
        method, f"/assessments/v1/studies/{STUDY}{path}", body or None,
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json",
         "Idempotency-Key": f"export-{time.time_ns()}"},
    )  # fmt: skip
    try:
        yield connection.getresponse()
    finally:
        connection.close()
