"""Word by another channel, where webhooks did not get through."""

import email
import email.policy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.safety.e2b.gateway import LEASE, DeliveryError, FolderDrop
from services.safety.webhooks.fallback_handlers import watch_studies
from services.safety.webhooks.transport import Reply
from tests.services.safety.letting_in import Answers
from tests.services.safety.trial import Trial
from tests.services.safety.webhooks.support import Desk, DeskClock, Scripted
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

ELSEWHERE = "http://127.0.0.1:9/"


class Today(DeskClock):
    """The desk's time as if it were the database's: cases of today are watched by it."""

    simulated = False


class Watch:
    """A desk whose cases happen now, and the watch over them."""

    def __init__(self, api: ApiClient, trial: Trial, report: dict[str, Any], outbox: Path) -> None:
        self.api, self.trial, self.outbox = api, trial, outbox
        self.desk = Desk(api, trial, report)
        self.report = report

    def open_case(self) -> None:
        """One that the site is aware of since an hour: its 24 hours end in 23."""
        self.desk.now = datetime.now(UTC)
        aware = (self.desk.now - timedelta(hours=1)).isoformat()
        body = self.report | {"aware_at": aware, "received_at": self.desk.now.isoformat()}
        body["onset_on"] = (self.desk.now - timedelta(days=3)).date().isoformat()
        answered = self.api.post("/cases", json=body)
        assert answered.status_code == 201, answered.text
        self.desk.now = datetime.now(UTC) + timedelta(seconds=1)

    def run(self, channel: Any = None) -> dict[str, int]:
        drop = channel or FolderDrop(self.outbox)
        return watch_studies(self.trial.engine, Today(self.desk), drop, "desk@example.org")

    def mails(self) -> list[Any]:
        default = email.policy.default
        files = self.outbox.glob("*.eml")
        return [email.message_from_bytes(each.read_bytes(), policy=default) for each in files]

    def listed(self) -> list[dict[str, Any]]:
        found = self.api.get("/fallback-notices", role="safety_desk").json()["items"]
        return sorted(found, key=lambda each: each["raised_at"])


@pytest.fixture
def watch(api: ApiClient, trial: Trial, report: dict[str, Any], tmp_path: Path) -> Watch:
    return Watch(api, trial, report, tmp_path)


@pytest.mark.proves("SAF-3", kind="fault")
def test_a_case_due_soon_whose_notice_did_not_get_through_is_told_by_mail_once_and_when_overdue(
    watch: Watch,
) -> None:
    watch.desk.register(ELSEWHERE)
    watch.open_case()
    watch.desk.sweep(Scripted(Reply(500, "status")))
    # A few minutes are the ladder's own; then another channel is used, once.
    assert watch.run() == {"raised": 0, "sent": 0, "failed": 0}
    watch.desk.now += timedelta(minutes=16)
    assert watch.run() == {"raised": 1, "sent": 1, "failed": 0}
    assert watch.run() == {"raised": 0, "sent": 0, "failed": 0}
    (mail,) = watch.mails()
    assert mail["To"] == "desk@example.org"
    assert mail["X-Induct-Cause"] == "undelivered"
    assert "NCT05748171-0001" in mail["Subject"]
    text = str(mail)
    for word in ("S01-001", "neutropenia", "Reporter", "Fever", "INO"):
        assert word not in text
    watch.desk.now += timedelta(hours=23)
    assert watch.run()["raised"] == 1
    assert [each["cause"] for each in watch.listed()] == ["undelivered", "overdue"]


def test_what_was_delivered_to_every_endpoint_is_told_by_no_other_channel(watch: Watch) -> None:
    watch.desk.register(ELSEWHERE)
    watch.open_case()
    watch.desk.sweep(Answers())
    watch.desk.now += timedelta(hours=1)
    assert watch.run()["raised"] == 0


def test_one_endpoint_that_took_it_does_not_silence_the_other(watch: Watch) -> None:
    class OneOfTwo(Answers):
        def post(self, url: str, headers: Any, body: bytes) -> Reply:
            return super().post(url, headers, body) if url == ELSEWHERE else Reply(500, "status")

    watch.desk.register(ELSEWHERE)
    watch.desk.register("http://127.0.0.1:9/other")
    watch.open_case()
    watch.desk.sweep(OneOfTwo())
    watch.desk.now += timedelta(hours=1)
    assert watch.run()["raised"] == 1


def test_a_410_is_told_by_mail_and_so_is_the_case_that_nobody_hears_of_afterwards(
    watch: Watch,
) -> None:
    endpoint = watch.desk.register(ELSEWHERE)
    watch.open_case()
    watch.desk.sweep(Scripted(Reply(410, "status")))
    assert watch.run() == {"raised": 0, "sent": 1, "failed": 0}
    (told,) = watch.listed()
    assert (told["cause"], told["endpoint_id"]) == ("disabled", endpoint["endpoint_id"])
    watch.open_case()
    watch.desk.now += timedelta(hours=1)
    # Two cases: the dead letter of one, and one that was told to no endpoint at all.
    assert watch.run()["raised"] == 2


def test_what_was_put_down_while_its_endpoint_was_disabled_is_a_dead_letter_all_the_same(
    watch: Watch, database: TestDatabase
) -> None:
    endpoint = watch.desk.register(ELSEWHERE)
    watch.open_case()
    # As two transactions leave it that did not see each other.
    with database.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE safety.webhook_endpoint SET state = 'disabled'")
    assert watch.desk.message(endpoint)["state"] == "pending"
    watch.run()
    assert watch.desk.message(endpoint)["state"] == "dead"


def test_a_notice_that_is_given_up_is_told_by_mail(watch: Watch) -> None:
    endpoint = watch.desk.register(ELSEWHERE)
    watch.desk.open_case()  # of a simulated time: no clock of today is watched for it
    while watch.desk.message(endpoint)["state"] == "pending":
        watch.desk.wait_for(watch.desk.message(endpoint))
        watch.desk.sweep(Scripted(Reply(500, "status")))
    assert watch.run()["sent"] == 1
    (mail,) = watch.mails()
    assert mail["X-Induct-Cause"] == "given-up"
    assert watch.desk.message(endpoint)["message_id"] in mail.get_content()


def test_what_the_channel_does_not_take_waits_and_the_same_bytes_go_later(watch: Watch) -> None:
    class Broken:
        def deliver(self, _name: str, _raw: bytes) -> None:
            raise DeliveryError("full")

    watch.desk.register(ELSEWHERE)
    watch.open_case()
    watch.desk.sweep(Scripted(Reply(410, "status")))
    assert watch.run(Broken())["sent"] == 0
    (waiting,) = watch.listed()
    assert (waiting["attempts"], waiting["last_error"], waiting["delivered_at"]) == (
        1,
        "full",
        None,
    )
    # A sweep died after the file was there, and before that was written down: it is repeated.
    dropped = FolderDrop(watch.outbox)

    class Dies:
        def deliver(self, name: str, raw: bytes) -> None:
            dropped.deliver(name, raw)
            raise RuntimeError("killed")

    assert watch.run(Dies())["failed"] == 1
    # Whoever died may still be at it: for as long as its lease runs nobody else is.
    assert watch.run()["sent"] == 0
    watch.desk.now += LEASE
    assert watch.run() == {"raised": 0, "sent": 1, "failed": 0}
    assert len(watch.mails()) == 1


def test_no_lock_is_held_while_the_channel_takes_its_time(
    watch: Watch, database: TestDatabase
) -> None:
    class Slow:
        def deliver(self, _name: str, _raw: bytes) -> None:
            assert watch.run()["sent"] == 0, "another sweep takes nothing meanwhile"
            with database.admin() as admin:
                admin.execute("SELECT 1 FROM safety.fallback_notice FOR UPDATE NOWAIT")

    watch.desk.register(ELSEWHERE)
    watch.open_case()
    watch.desk.sweep(Scripted(Reply(410, "status")))
    assert watch.run(Slow()) == {"raised": 0, "sent": 1, "failed": 0}
    assert watch.run() == {"raised": 0, "sent": 0, "failed": 0}


def test_a_notice_that_breaks_the_channel_keeps_none_behind_it(watch: Watch) -> None:
    dropped = FolderDrop(watch.outbox)

    class BreaksOnce:
        broke = False

        def deliver(self, name: str, raw: bytes) -> None:
            if not self.broke:
                self.broke = True
                raise RuntimeError("a fault of ours")
            dropped.deliver(name, raw)

    for name in ("one", "two"):
        watch.desk.register(f"{ELSEWHERE}{name}")
    watch.open_case()
    watch.desk.sweep(Scripted(Reply(410, "status")))
    assert watch.run(BreaksOnce()) == {"raised": 0, "sent": 1, "failed": 1}


def test_a_study_that_never_had_an_endpoint_is_told_by_the_other_channel(watch: Watch) -> None:
    watch.open_case()
    watch.desk.now += timedelta(minutes=16)
    assert watch.run() == {"raised": 1, "sent": 1, "failed": 0}
