"""The export of a whole case holds every message as it went and as it came, byte for byte."""

import base64
import hashlib
from pathlib import Path

from services.safety.e2b.acknowledgement.answers import MessageCode
from services.safety.e2b.gateway import FolderDrop
from services.safety.e2b.parse import parse
from tests.services.safety.desk.system import DeskSystem
from tests.services.safety.e2b.samples import needs_samples
from tests.services.safety.handing_off import Body, Desk, ack, answered, seal, send
from tests.services.safety.life import Life, on
from tests.support.api import ApiClient


def exported(life: Life) -> Body:
    found: Body = life.read(query="/export", at=on(9))
    return found


@needs_samples
def test_sealed_messages_and_the_answers_to_them_are_exported_as_they_are(
    life: Desk, outbox: Path
) -> None:
    sealed = seal(life)
    send(life, FolderDrop(outbox))
    file = ack(outbox, MessageCode.CA)
    answered(life, file)
    rows = exported(life)["rows"]
    (message,), (answer,) = rows["icsrs"], rows["icsr_answers"]
    raw = message["document"].encode("utf-8")
    assert raw == (outbox / sealed["file_name"]).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == message["sha256"] == sealed["sha256"]
    assert parse(raw).n_1_2 == sealed["batch"]
    assert base64.b64decode(answer["content"], validate=True) == file
    assert hashlib.sha256(file).hexdigest() == answer["sha256"]
    assert message["signature_id"] in {each["signature_id"] for each in rows["signatures"]}
    assert exported(life)["sha256"] == exported(life)["sha256"]


def test_what_the_desks_system_said_of_a_case_is_exported_applied_or_not(
    api: ApiClient, report: Body
) -> None:
    life, other = Life(api, report), Life(api, report)
    number = life.case["case_number"]
    desk = DeskSystem(api)
    query = {"case_number": number, "query_id": "Q-1", "question": "Which batch?"}
    assert desk.send("query.raised", **query).status_code == 200
    assert desk.send("case.number_assigned", case_number=number, desk_number="D-1").is_success
    assert desk.send("query.raised", **query | {"event": "7", "query_id": "Q-2"}).is_error
    rows = exported(life)["rows"]
    assert [each["state"] for each in rows["desk_messages"]] == ["applied", "applied", "parked"]
    for each in rows["desk_messages"]:
        assert hashlib.sha256(each["body"].encode()).hexdigest() == each["sha256"]
    assert [each["desk_number"] for each in rows["desk_numbers"]] == ["D-1"]
    assert [each["query_id"] for each in rows["desk_queries"]] == ["Q-1"]
    assert exported(other)["rows"]["desk_messages"] == []
