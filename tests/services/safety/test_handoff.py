"""From a draft to "submitted": sealed and signed, delivered once, answered, always traceable."""

from pathlib import Path

import pytest

from services.safety.e2b.acknowledgement.answers import (
    BatchAnswer,
    BatchCode,
    MessageCode,
)
from services.safety.e2b.gateway import DeliveryError, FolderDrop
from services.safety.e2b.parse import parse
from services.safety.e2b.schema import FOLDER_VARIABLE
from services.safety.e2b.terminology.configured import FOLDER_VARIABLE as MEDDRA
from tests.services.safety.e2b.acknowledgement.answers import as_bytes
from tests.services.safety.e2b.samples import needs_samples
from tests.services.safety.handing_off import (
    Body,
    Desk,
    ack,
    answered,
    owed,
    seal,
    send,
    sent_at,
    state,
)
from tests.services.safety.life import on

pytestmark = needs_samples


def test_a_report_goes_from_the_desk_to_submitted(life: Desk, outbox: Path) -> None:
    sealed = seal(life)
    assert (sealed["delivered_at"], sealed["submission_id"]) == (None, None)
    assert state(life, days=1) == "open"
    assert send(life, FolderDrop(outbox)) == {"sent": 1, "failed": 0}
    (file,) = outbox.glob("*.xml")
    assert file.name == sealed["file_name"]
    assert parse(file.read_bytes()).n_1_2 == sealed["batch"]
    (kept,) = life.read(query="/icsrs")["items"]
    assert kept["delivered_at"]
    assert kept["submission_id"]
    assert state(life) == "handed_off"
    taken = answered(life, ack(outbox, MessageCode.CA))
    assert (taken["state"], taken["case_number"]) == ("accepted", life.case["case_number"])
    assert state(life) == "submitted"


def test_the_fda_takes_a_report_of_the_same_case(life: Desk, outbox: Path) -> None:
    sealed = seal(life, receiver="fda", obligations=[owed(life, "us_susar_other")])
    assert send(life, FolderDrop(outbox))["sent"] == 1
    assert sealed["authority"] == "US"


def test_a_sweep_that_runs_again_sends_nothing_twice(life: Desk, outbox: Path) -> None:
    seal(life)
    assert [send(life, FolderDrop(outbox))["sent"] for _ in range(3)] == [1, 0, 0]
    assert len(list(outbox.iterdir())) == 1


def test_a_sweep_that_died_after_the_delivery_is_made_good(life: Desk, outbox: Path) -> None:
    seal(life)

    class Dies(FolderDrop):
        def deliver(self, name: str, raw: bytes) -> None:
            super().deliver(name, raw)
            raise OSError("killed")

    assert send(life, Dies(outbox)) == {"sent": 0, "failed": 1}
    assert state(life, days=1.2) == "open"
    # Whoever died may still be at it: for as long as its lease runs nobody else is.
    assert send(life, FolderDrop(outbox))["sent"] == 0
    assert send(life, FolderDrop(outbox), days=1.11)["sent"] == 1
    assert len(list(outbox.iterdir())) == 1
    # It was there since the first attempt, and a clock that runs from the report counts from then.
    assert sent_at(life) == on(1.1)


def test_an_answer_that_overtakes_the_record_of_its_delivery_is_not_lost(
    life: Desk, outbox: Path
) -> None:
    seal(life)

    class Dies(FolderDrop):
        def deliver(self, name: str, raw: bytes) -> None:
            super().deliver(name, raw)
            raise OSError("killed")

    send(life, Dies(outbox))
    assert answered(life, ack(outbox, MessageCode.CA), days=1.2)["state"] == "accepted"
    assert state(life, days=1.3) == "open", "nothing was on record as sent"
    assert send(life, FolderDrop(outbox), days=1.4)["sent"] == 1
    assert state(life) == "submitted"


def test_a_gateway_that_is_away_leaves_the_report_waiting_and_the_clock_running(
    life: Desk,
) -> None:
    seal(life)

    class Away:
        def deliver(self, _name: str, _raw: bytes) -> None:
            raise DeliveryError("no gateway today")

    assert send(life, Away()) == {"sent": 0, "failed": 0}
    (kept,) = life.read(query="/icsrs")["items"]
    assert (kept["attempts"], kept["last_error"]) == (1, "no gateway today")
    assert state(life, days=2) == "open"


def test_a_rejected_report_leaves_the_obligation_on_its_day_zero(life: Desk, outbox: Path) -> None:
    due = life.owes(at=on(1))["eu_susar_other"]
    seal(life)
    send(life, FolderDrop(outbox))
    taken = answered(life, ack(outbox, MessageCode.CR, text="C.1.4 is wrong"))
    assert (taken["state"], taken["notes"]) == ("rejected", ["rejected", "C.1.4 is wrong"])
    assert life.owes(at=on(3))["eu_susar_other"] == due


def test_the_same_answer_again_is_the_same_answer(life: Desk, outbox: Path) -> None:
    seal(life)
    send(life, FolderDrop(outbox))
    content = ack(outbox, MessageCode.CA)
    first, again = answered(life, content), answered(life, content, days=3)
    assert first == again
    listed = life.api.get("/icsr-answers", role="safety_desk").json()["items"]
    assert [each["answer_id"] for each in listed] == [first["answer_id"]]


def test_accepted_and_rejected_is_a_conflict_that_a_person_sees(life: Desk, outbox: Path) -> None:
    seal(life)
    send(life, FolderDrop(outbox))
    answered(life, ack(outbox, MessageCode.CA))
    assert answered(life, ack(outbox, MessageCode.CR), days=3)["state"] == "conflict"
    assert state(life) == "submitted", "an acceptance is never taken back by machine"


@pytest.mark.parametrize(
    "order", [(MessageCode.CA, MessageCode.CR), (MessageCode.CR, MessageCode.CA)]
)
def test_in_a_conflict_the_report_stands_the_same_whichever_answer_came_first(
    life: Desk, outbox: Path, order: tuple[MessageCode, MessageCode]
) -> None:
    seal(life)
    send(life, FolderDrop(outbox))
    for day, code in enumerate((*order, *order), start=2):
        answered(life, ack(outbox, code, text=str(day)), days=day)
    assert state(life) == "submitted"
    assert recorded_answers(life) == [code is MessageCode.CA for code in order]
    steps = [each["step"] for each in life.read(query="/history")["escalations"]]
    assert steps.count("conflict/1") == 1


def recorded_answers(life: Desk) -> list[bool]:
    with life.database.admin() as admin:
        rows = admin.execute(
            "SELECT value ->> 'accepted' FROM safety.case_fact WHERE kind = 'acknowledgement'"
            " ORDER BY number"
        ).fetchall()
    return [row == ("true",) for row in rows]


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        (b"no XML at all", "unreadable"),
        (b"<!DOCTYPE x><MCCI_IN200101UV01/>", "unreadable"),
        (as_bytes(BatchAnswer("BATCH-UNKNOWN", BatchCode.AA, number="7", messages=())), "parked"),
    ],
    ids=["no XML", "a DOCTYPE", "another batch"],
)
def test_whatever_comes_is_kept_and_what_fits_nothing_waits_for_a_person(
    life: Desk, content: bytes, kept: str
) -> None:
    assert answered(life, content)["state"] == kept
    stored = life.database.rows("SELECT content FROM safety.icsr_answer")
    assert [bytes(row[0]) for row in stored] == [content]  # type: ignore[call-overload]


def test_an_answer_is_held_against_the_one_message_of_its_batch(life: Desk, outbox: Path) -> None:
    seal(life)
    send(life, FolderDrop(outbox))
    with life.database.admin() as admin:
        # Neither trail nor checks: a message of another batch that nobody could read.
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            "INSERT INTO safety.icsr SELECT (jsonb_populate_record(i, jsonb_build_object("
            "'icsr_id', gen_random_uuid(), 'batch', 'OTHER', 'reports', '[[]]'::jsonb))).*"
            " FROM safety.icsr i"
        )
    assert answered(life, ack(outbox, MessageCode.CA))["state"] == "accepted"
    assert state(life) == "submitted"


def test_what_stands_against_a_report_keeps_it_from_being_sealed_and_is_named(
    life: Desk, report: Body
) -> None:
    uncoded = Desk(life.api, report, life.database)
    refused = seal(uncoded, 409)
    assert refused["type"].endswith("not-sendable")
    assert {each["code"] for each in refused["errors"]} == {
        "EU.E.i.GATE", "EU.G.k.9.i.2.GATE", "ICH.E.i.2.1a.REQUIRED", "ICH.E.i.2.1b.REQUIRED",
    }  # fmt: skip
    assert uncoded.read(query="/icsrs")["items"] == []


@pytest.mark.parametrize(
    ("missing", "kind"), [(MEDDRA, "no-terminology"), (FOLDER_VARIABLE, "schemas-missing")]
)
def test_nothing_is_sealed_that_was_not_held_against_schemas_and_dictionary(
    life: Desk, monkeypatch: pytest.MonkeyPatch, missing: str, kind: str
) -> None:
    monkeypatch.delenv(missing)
    assert seal(life, 409)["type"].endswith(kind)


def test_only_the_version_that_was_read_is_sealed_and_only_what_is_owed(life: Desk) -> None:
    obligation = owed(life)
    body = {"receiver": "eudravigilance", "obligations": [obligation], "complete": True}
    stale = life.post("/icsr", body, on(1), 412, headers={"If-Match": '"9"'})
    assert stale["status"] == 412
    refused = seal(life, 422, obligations=[owed(life, "us_susar_other")])
    assert refused["type"].endswith("submission-refused")


def test_what_was_sealed_is_never_altered(life: Desk) -> None:
    seal(life)
    with life.database.admin() as admin:
        row = admin.execute(
            "SELECT has_column_privilege('induct_safety', 'safety.icsr', 'document', 'UPDATE')"
        ).fetchone()
    assert row == (False,)


def test_what_came_between_the_seal_and_the_delivery_was_not_reported(
    life: Desk, outbox: Path
) -> None:
    seal(life)
    life.follow_up(on(1.05), seriousness=["hospitalisation", "disability"])
    assert send(life, FolderDrop(outbox), days=1.1)["sent"] == 1
    answered(life, ack(outbox, MessageCode.CA))
    assert state(life) == "submitted"
    assert life.owes(at=on(3))["eu_follow_up"] == "2026-03-08"
