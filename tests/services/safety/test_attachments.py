"""Documents that go with reports: taken, named by a case, sent, given back, exported."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from services.safety.domain.attachments import limits
from services.safety.e2b.gateway import FolderDrop
from services.safety.e2b.parse import parse
from services.safety.e2b.values import NullFlavor
from tests.services.safety.e2b.samples import needs_samples, schemas
from tests.services.safety.handing_off import Desk, seal, send
from tests.services.safety.life import Body, Life, on
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

PDF = b"%PDF-1.7\nletter of discharge \xff\x00"
TEXT = "Kazuistika: těžká hepatopatie".encode()
OF = {"subject": "S01-001", "site": "S01"}
CLAIM = ("application/pdf", "discharge letter.pdf")


def upload(
    api: ApiClient, content: bytes = PDF, kind: str = CLAIM[0], name: str = CLAIM[1], **options: Any
) -> Any:
    whose = options.pop("of", OF)
    options = {"role": "investigator"} | options
    query = "&".join(f"{key}={value}" for key, value in {**whose, "file_name": name}.items())
    return api.post(
        f"/attachments?{query}", content=content, headers={"Content-Type": kind}, **options
    )


def kept(api: ApiClient, *sent: Any) -> str:
    answer = upload(api, *sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def test_the_same_bytes_of_a_child_are_kept_once_under_the_name_they_came_by_first(
    api: ApiClient, database: TestDatabase
) -> None:
    first = upload(api)
    assert first.json() | {"uploaded_at": None} == {
        "sha256": hashlib.sha256(PDF).hexdigest(),
        "media_type": "application/pdf",
        "file_name": "discharge letter.pdf",
        "size": len(PDF),
        "uploaded_at": None,
    }
    assert upload(api, name="again.pdf").json()["file_name"] == "discharge letter.pdf"
    assert database.rows("SELECT count(*) FROM safety.attachment") == [(1,)]
    ((audited,),) = database.rows(
        "SELECT new_value FROM platform.audit WHERE table_name = 'safety.attachment'"
    )
    assert hashlib.sha256(PDF).hexdigest() in str(audited)
    assert "content" not in str(audited)


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        ((PDF, "application/zip", "a.zip"), ("/media_type", "media-type-unknown")),
        ((b"PK\x03\x04", "application/pdf", "a.pdf"), ("", "content-mismatch")),
        ((b"\xff\xfe", "text/plain", "a.txt"), ("", "content-mismatch")),
        ((PDF, "application/pdf", "a.jpg"), ("/file_name", "file-name-mismatch")),
        ((b"", "application/pdf", "a.pdf"), ("", "content-missing")),
    ],
)
def test_what_is_not_what_it_is_said_to_be_is_refused(
    api: ApiClient, database: TestDatabase, sent: tuple[Any, ...], fault: tuple[str, str]
) -> None:
    answer = upload(api, *sent)
    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "urn:induct:problem:attachment-refused",
    )
    assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [fault]
    assert database.rows("SELECT count(*) FROM safety.attachment") == [(0,)]


def test_too_large_a_document_another_sites_child_and_a_path_for_a_name_are_refused(
    api: ApiClient,
) -> None:
    assert upload(api, PDF + b"x" * limits().each).status_code == 413
    elsewhere = upload(api, of={"subject": "S02-001", "site": "S02"})
    assert (elsewhere.status_code, elsewhere.json()["type"]) == (
        422,
        "urn:induct:problem:subject-unknown",
    )
    assert upload(api, name="..%2Fa.pdf").status_code == 422
    assert upload(api, role="medical_monitor").status_code == 403


def test_a_case_names_attachments_of_its_own_child_alone_and_no_more_than_a_report_holds(
    api: ApiClient, report: Body
) -> None:
    mine = kept(api)
    other = upload(api, TEXT, "text/plain", "a.txt", of={"subject": "S02-001", "site": "S02"},
                   role="safety_desk").json()["sha256"]  # fmt: skip
    large = kept(api, PDF + b"x" * (limits().each - len(PDF)))
    document = {"title": "Letter"}

    def refused(**content: Any) -> list[tuple[str, str]]:
        answer = api.post("/cases", json=report | content)
        assert answer.status_code == 422, answer.text
        return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]

    assert refused(
        documents=["Held", document | {"attachment": mine}, document | {"attachment": other}],
        literature=[{"citation": "A. J Med 2026;1:1.", "attachment": "0" * 64}],
    ) == [
        ("/documents/2/attachment", "attachment-unknown"),
        ("/literature/0/attachment", "attachment-unknown"),
    ]
    too_much = [document | {"attachment": name} for name in (mine, large)]
    assert refused(documents=too_much) == [("/documents", "attachments-too-large")]
    life = Life(api, report, documents=[document | {"attachment": mine}])
    assert life.case["documents"] == [document | {"attachment": mine}]
    with_another = Life(api, report, onset_on="2026-02-18")
    where = f"{with_another.path}/attachments/{mine}"
    assert api.get(where, role="safety_desk").status_code == 404


def test_an_attachment_is_given_back_byte_for_byte_and_hidden_where_the_arm_is(
    api: ApiClient, report: Body, database: TestDatabase
) -> None:
    mine = kept(api)
    life = Life(api, report, documents=[{"title": "Letter", "attachment": mine}])
    life.follow_up(on(1), documents=[])  # named by a version of the past
    where = f"{life.path}/attachments/{mine}"
    found = api.get(where, role="coordinator")
    assert found.content == PDF
    assert found.headers["Content-Type"] == "application/pdf"
    assert found.headers["Content-Disposition"] == 'attachment; filename="discharge letter.pdf"'
    assert found.headers["X-Content-Type-Options"] == "nosniff"
    for role in ("medical_monitor", "sponsor"):
        assert api.get(where, role=role).status_code == 403
    masked = life.read(role="medical_monitor")
    assert (masked["documents"], masked["literature"]) == (None, None)
    assert {"documents", "literature"} <= set(masked["withheld"])
    assert api.get(where, role="auditor").status_code == 200
    assert database.rows("SELECT operation, about FROM safety.unblinded_read") == [
        ("safety.read_attachment", life.case["case_number"])
    ]


@needs_samples
def test_attachments_go_out_in_the_message_come_back_and_are_exported(
    life: Desk, outbox: Path
) -> None:
    letter, paper = kept(life.api), kept(life.api, TEXT, "text/plain", "paper.txt")
    life.case = life.read(at=on(0.4))
    life.amend(
        on(0.5),
        documents=["Held", {"title": "Letter of discharge", "attachment": letter}],
        literature=[
            {"citation": "A. J Med 2026;1:1.", "attachment": paper},
            {"citation": {"missing": "NASK"}},
        ],
    )
    sealed = seal(life)
    assert send(life, FolderDrop(outbox)) == {"sent": 1, "failed": 0}
    raw = (outbox / sealed["file_name"]).read_bytes()
    assert schemas().issues_of(raw) == []
    told = parse(raw).messages[0].report
    held, sent = told.c_1.c_1_6_1_r
    assert (told.c_1.c_1_6_1, held.c_1_6_1_r_1, held.c_1_6_1_r_2) == (True, "Held", None)
    assert base64.b64decode(sent.c_1_6_1_r_2 or "", validate=True) == PDF
    assert (sent.media_type, sent.representation, sent.compression, sent.file_name) == (
        "application/pdf", "B64", None, "discharge letter.pdf",
    )  # fmt: skip
    printed, unnamed = told.c_4_r
    assert base64.b64decode(printed.c_4_r_2 or "") == TEXT
    assert (printed.c_4_r_1, printed.file_name) == ("A. J Med 2026;1:1.", "paper.txt")
    assert (unnamed.c_4_r_1, unnamed.c_4_r_2) == (NullFlavor.NASK, None)
    rows = life.read(query="/export", at=on(9))["rows"]["attachments"]
    assert {each["sha256"]: base64.b64decode(each["content"]) for each in rows} == {
        letter: PDF, paper: TEXT,
    }  # fmt: skip
    other = upload(life.api, b"%PDF-2", name="other.pdf").json()["sha256"]
    assert other not in json.dumps(life.read(query="/export", at=on(9)))
