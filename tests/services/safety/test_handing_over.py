"""A gateway may take its time, or die with the sweep: nothing is held, sent twice or forgotten."""

import hashlib
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from infra.aws.e2b_drop import BucketDrop
from services.safety.e2b.acknowledgement.answers import MessageCode
from services.safety.e2b.gateway import DeliveryError, FolderDrop, UnknownEndError
from services.safety.escalation_handlers import sweep_studies
from shared.clock import SimulatedClock
from tests.services.safety.e2b.samples import needs_samples
from tests.services.safety.handing_off import (
    Desk,
    ack,
    answered,
    later,
    owed,
    seal,
    send,
    sent_at,
    state,
    submissions,
)
from tests.services.safety.life import on
from tests.services.safety.trial import Trial

pytestmark = needs_samples


def test_no_lock_is_held_while_the_gateway_takes_its_time(life: Desk, outbox: Path) -> None:
    seal(life)

    class Slow(FolderDrop):
        def deliver(self, name: str, raw: bytes) -> None:
            # Another sweep meanwhile takes nothing, and the row may be written.
            assert send(life, FolderDrop(outbox)) == {"sent": 0, "failed": 0}
            with life.database.admin() as admin:
                admin.execute("SET lock_timeout = '1s'")
                admin.execute("SELECT 1 FROM safety.icsr FOR UPDATE NOWAIT")
                admin.execute("SELECT 1 FROM safety.safety_case FOR UPDATE NOWAIT")
            super().deliver(name, raw)

    assert send(life, Slow(outbox)) == {"sent": 1, "failed": 0}
    assert state(life) == "handed_off"


def test_two_sweeps_that_both_delivered_record_it_once(life: Desk, outbox: Path) -> None:
    seal(life)

    class Overtaken(FolderDrop):
        def deliver(self, name: str, raw: bytes) -> None:
            # So slow that its lease has run out.
            assert send(life, FolderDrop(outbox), days=1.2)["sent"] == 1
            super().deliver(name, raw)

    assert send(life, Overtaken(outbox)) == {"sent": 0, "failed": 0}
    assert len(submissions(life)) == 1


def test_what_the_gateway_has_is_on_record_although_it_stopped_being_owed_meanwhile(
    life: Desk, outbox: Path
) -> None:
    seal(life)

    class Meanwhile(FolderDrop):
        def deliver(self, name: str, raw: bytes) -> None:
            super().deliver(name, raw)
            life.post(f"/obligations/{owed(life)}/waiver", {"reason": "sent by letter"}, on(1.15))

    assert send(life, Meanwhile(outbox)) == {"sent": 1, "failed": 0}
    assert answered(life, ack(outbox, MessageCode.CA))["state"] == "accepted"
    # So what is learned afterwards is owed to an authority that knows of the case.
    life.follow_up(on(3), seriousness=["hospitalisation", "disability"])
    assert "eu_follow_up" in life.owes(at=on(4))


def waive(life: Desk, name: str, days: float) -> None:
    life.post(f"/obligations/{name}/waiver", {"reason": "sent by letter"}, on(days))


def sealed_states(life: Desk) -> list[tuple[str, str | None]]:
    found = life.read(query="/icsrs", at=on(9))["items"]
    return [(each["state"], each["withdrawn_reason"]) for each in found]


@pytest.mark.parametrize("gateway", [True, False])
def test_what_is_not_owed_any_more_is_withdrawn_for_good_and_never_sent(
    life: Desk, outbox: Path, *, gateway: bool
) -> None:
    seal(life)
    waive(life, owed(life), 1.05)
    drop = FolderDrop(outbox) if gateway else None
    assert send(life, drop) == {"sent": 0, "failed": 0}
    words = "Nothing of it is owed any more: eu_susar_other is waived."
    assert sealed_states(life) == [("withdrawn", words)]
    assert send(life, FolderDrop(outbox), days=2) == {"sent": 0, "failed": 0}
    assert list(outbox.iterdir()) == []
    with life.database.admin() as admin:
        trail = admin.execute(
            "SELECT reason FROM platform.audit WHERE table_name = 'safety.icsr'"
            " AND field = 'withdrawn_reason' AND operation = 'UPDATE'"
        ).fetchall()
    assert trail == [("report withdrawn: nothing of it is owed",)]


def test_a_report_of_which_one_part_is_still_owed_goes_all_the_same(
    life: Desk, outbox: Path
) -> None:
    life.follow_up(on(0.5), seriousness=["hospitalisation", "death"], grade=5, outcome="FATAL",
                   death={"on": {"missing": "ASKU"}})  # fmt: skip
    fatal = owed(life, "eu_susar_fatal")
    seal(life, obligations=[owed(life), fatal])
    waive(life, owed(life), 1.05)
    assert send(life, FolderDrop(outbox)) == {"sent": 1, "failed": 0}
    assert sealed_states(life) == [("delivered", None)]
    assert state(life, "eu_susar_fatal", days=1.2) == "handed_off"
    assert state(life, days=1.2) == "waived"


def test_what_the_gateway_may_have_is_not_withdrawn_and_what_it_has_stays_as_it_was(
    life: Desk, outbox: Path
) -> None:
    seal(life)

    class Unknown:
        def deliver(self, _name: str, _raw: bytes) -> None:
            raise UnknownEndError("no answer")

    assert send(life, Unknown())["sent"] == 0
    waive(life, owed(life), 1.15)
    assert send(life, None, days=1.2) == {"sent": 0, "failed": 0}
    assert sealed_states(life) == [("waiting", None)]
    assert send(life, FolderDrop(outbox), days=1.3)["sent"] == 1
    before = life.read(query="/icsrs", at=on(9))["items"]
    send(life, None, days=2)
    assert life.read(query="/icsrs", at=on(9))["items"] == before


def test_after_a_withdrawal_the_case_is_sealed_anew_and_nobody_is_told_of_the_withdrawn_one(
    life: Desk, outbox: Path
) -> None:
    seal(life)
    waive(life, owed(life), 1.05)
    send(life, None)
    seal(life, at=on(1.5), **later(life, "us_susar_other", 1.4), receiver="fda")
    assert send(life, FolderDrop(outbox), days=1.6)["sent"] == 1
    assert [name for name, _ in sealed_states(life)] == ["withdrawn", "delivered"]
    trial = Trial(life.database)
    sweep_studies(trial.engine, SimulatedClock(on(4)))
    trial.close()
    taken = life.read(query="/history", at=on(5))["escalations"]
    assert not [each for each in taken if each["step"].startswith("undelivered/1")]


@pytest.mark.parametrize(("error", "counted_from"), [(DeliveryError, 1.2), (UnknownEndError, 1.1)])
def test_a_report_counts_as_sent_from_when_the_gateway_may_have_had_it(
    life: Desk, outbox: Path, error: type[DeliveryError], counted_from: float
) -> None:
    seal(life)

    class Late:
        def deliver(self, _name: str, _raw: bytes) -> None:
            raise error("no answer")

    assert send(life, Late())["sent"] == 0
    assert send(life, FolderDrop(outbox), days=1.2)["sent"] == 1
    assert sent_at(life) == on(counted_from)


def test_on_aws_a_report_lies_in_the_bucket_as_it_was_sealed(
    life: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    sealed = seal(life)
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="reports")
        assert send(life, BucketDrop(client, "away")) == {"sent": 0, "failed": 0}
        assert send(life, BucketDrop(client, "reports"), days=1.2) == {"sent": 1, "failed": 0}
        held = client.get_object(Bucket="reports", Key=sealed["file_name"])["Body"].read()
    assert hashlib.sha256(held).hexdigest() == sealed["sha256"]
    assert state(life) == "handed_off"
