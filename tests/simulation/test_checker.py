"""The checker believes nobody: it finds each thing that must not be, where somebody did it."""

import asyncio
import copy
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.simulation import check_alarms, checker
from tests.simulation.alarms import FILE
from tests.simulation.client import Log
from tests.simulation.evidence import Evidence
from tests.simulation.seed import Report, Run
from tests.simulation.workshop import Workshop

pytestmark = pytest.mark.long
# What somebody did to the database, and what of it the checker must say.
DONE = {
    "the arms of two children were exchanged": (
        "UPDATE randomization.allocation SET arm = CASE arm WHEN 'INO' THEN 'ALLR3' ELSE 'INO' END",
        "another arm than was sealed",
    ),
    "a position was passed over": (
        "UPDATE randomization.allocation SET position = position + 1000",
        "in the order of commits the positions are",
    ),
    "a child was allocated twice": (
        (
            "ALTER TABLE randomization.allocation"
            " DROP CONSTRAINT allocation_study_id_subject_id_key CASCADE;"
            "UPDATE randomization.allocation SET subject_id ="
            " (SELECT min(subject_id) FROM randomization.allocation) WHERE subject_id ="
            " (SELECT max(subject_id) FROM randomization.allocation)"
        ),
        " has 2 allocations",
    ),
    "a child has another number than it was told": (
        "UPDATE randomization.allocation SET randomization_number = randomization_number || '0'",
        "was told of another allocation than there is",
    ),
    "an allocation was lost": (
        "DELETE FROM randomization.allocation WHERE position = 1",
        "0 effects",
    ),
    "a child was registered and forgotten": (
        "DELETE FROM assessments.subject WHERE subject_id LIKE 'S01%%'",
        "register was acknowledged: 0 effects",
    ),
    "an answer was not kept": (
        "DELETE FROM platform.idempotency WHERE route LIKE '%%/subjects %%'",
        "1 effects, 0 answers kept",
    ),
    "a report was taken twice": (
        (
            "UPDATE safety.case_version SET event_term ="
            " (SELECT max(event_term) FROM safety.case_version WHERE reporter IS NOT NULL)"
            " WHERE reporter IS NOT NULL"
        ),
        " effects of 1 attempts",
    ),
    "the trail was altered": (
        "UPDATE platform.audit SET new_value = 'male' WHERE field = 'sex'",
        "the values of assessments.subject.sex differ",
    ),
    "a row was altered beside the trail": (
        "UPDATE assessments.subject SET sex = 'male'",
        "assessments.subject are not as the trail tells them",
    ),
    "an item was altered beside the trail": (
        "UPDATE assessments.item_version SET value = '2024-01-02' WHERE item = 'consent_date'",
        "the row is not as it was entered",
    ),
    "a stranger changed something": (
        "UPDATE platform.audit SET actor = 'stranger' WHERE actor LIKE 'coordinator-%%'",
        "by strangers: ['stranger']",
    ),
    "an event was never published": (
        "UPDATE platform.outbox SET state = 'pending'",
        "events were not published",
    ),
    "an event was lost": (
        "DELETE FROM platform.outbox WHERE type = 'subject.registered'",
        "deliveries differ from what the rules say",
    ),
    "a delivery was given up": (
        "UPDATE platform.delivery SET state = 'dead'",
        "deliveries were not done",
    ),
    "a version was passed over": (
        "UPDATE platform.stream_head SET version = version + 1",
        "have a gap",
    ),
    "an event was marked and not handled": (
        "DELETE FROM platform.inbox WHERE consumer = 'randomization'",
        "handled otherwise than delivered",
    ),
    "an event was handled without effect": (
        "DELETE FROM randomization.screening",
        "not in the screening log",
    ),
    "a serious event has no case": (
        "UPDATE safety.safety_case SET record_id = NULL",
        "0 cases of an adverse event",
    ),
    "a case has no due date": ("DELETE FROM safety.obligation", "has no due date"),
    "the desk was not told": ("DELETE FROM safety.notice", "nobody was told of"),
    "a notice was given up": (
        "UPDATE safety.webhook_message SET state = 'dead'",
        "which takes everything now",
    ),
    "a notice was marked and not sent": (
        (
            "UPDATE safety.webhook_message SET message_id = 'msg_never_sent' WHERE ctid ="
            " (SELECT min(ctid) FROM safety.webhook_message WHERE kind = 'notice')"
        ),
        "which never took it",
    ),
    "a night was published before its end": (
        (
            "WITH run AS (INSERT INTO analytics.run"
            " (study_id, cutoff, nightly, state, requested_at)"
            " VALUES ('NCT05748171', '2026-01-01', true, 'running', now()) RETURNING run_id)"
            " INSERT INTO analytics.publication (study_id, run_id, published_at)"
            " SELECT 'NCT05748171', run_id, now() FROM run"
        ),
        "see a night that is not whole",
    ),
    "an event tells an arm": (
        'UPDATE platform.outbox SET envelope = envelope || \'{"x": "INO"}\'',
        "outbox holds an arm",
    ),
    "a trace carries more than ids": (
        'UPDATE platform.outbox SET envelope = envelope || \'{"traceparent": "00-x"}\'',
        "trace is more than ids",
    ),
    "a cause of death tells a child's words": (
        "UPDATE platform.delivery SET last_error = 'Zebrafinch'",
        "holds a child's words",
    ),
}


@dataclass(frozen=True)
class Ended:
    """A deployment that had no faults, after its end."""

    database: str
    folder: Path
    log: Log


@pytest.fixture(scope="module")
def ended(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ended]:

    folder = tmp_path_factory.mktemp("calm")
    with workshop.database("calm") as database:
        run = Run(workshop, Report(1, folder), database, [])
        asyncio.run(run.through())
        yield Ended(database, folder, run.log)


def test_it_finds_nothing_where_nothing_is_wrong(workshop: Workshop, ended: Ended) -> None:
    assert checker.check(workshop, ended.database, ended.folder, ended.log) == []
    kinds = {each.intent.kind for each in ended.log.operations.values()}
    assert kinds >= {"register", "allocate", "record", "correct", "report", "serious event"}
    assert {each.outcome for each in ended.log.operations.values()} == {"ok"}


@pytest.mark.parametrize("what", DONE)
def test_it_finds_what_somebody_did(workshop: Workshop, ended: Ended, what: str) -> None:
    statement, said = DONE[what]
    name = f"done_{uuid.uuid4().hex[:8]}"
    with workshop.database(name, of=ended.database):
        with workshop.admin(name) as admin:
            admin.execute("SET session_replication_role = replica")  # no trigger hears it
            done = admin.execute(statement.encode().replace(b"%%", b"%"))
            while done.nextset():
                pass
            assert done.rowcount > 0
        found = checker.check(workshop, name, ended.folder, ended.log)
    assert any(said in fault for fault in found), found


def told_otherwise(log: Log, **changes: object) -> Log:
    """The callers' log as it would be, had the first report of a serious event gone otherwise."""
    other = copy.deepcopy(log)
    (first, *_) = [each for each in other.operations.values() if each.intent.kind == "report"]
    for name, value in changes.items():
        setattr(first, name, value)
    return other


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"outcome": "fail", "status": 409}, " was refused (409)"),
        ({"outcome": "unknown"}, " was never answered"),
        ({"answers": {"{}", "[]"}}, " was answered in 2 ways"),
        ({"answer": '{"case_number": "another"}'}, " was answered otherwise than is kept"),
    ],
)
def test_it_finds_what_a_caller_was_told_and_is_not_so(
    workshop: Workshop, ended: Ended, changes: dict[str, object], said: str
) -> None:
    log = told_otherwise(ended.log, **changes)
    found = checker.check(workshop, ended.database, ended.folder, log)
    assert [said in fault for fault in found] == [True], found


def test_a_caller_who_went_away_may_have_had_an_effect_but_then_with_its_answer(
    workshop: Workshop, ended: Ended
) -> None:
    gone = told_otherwise(ended.log, outcome="unknown", abandoned=True)
    assert checker.check(workshop, ended.database, ended.folder, gone) == []
    name = f"done_{uuid.uuid4().hex[:8]}"
    with workshop.database(name, of=ended.database):
        with workshop.admin(name) as admin:
            admin.execute("SET session_replication_role = replica")
            admin.execute("DELETE FROM platform.idempotency WHERE route LIKE '%/cases %'")
        found = checker.check(workshop, name, ended.folder, gone)
    assert any("1 effects, but 0 answers kept" in fault for fault in found), found


def test_it_finds_that_a_night_was_taken_and_none_can_be_read(
    workshop: Workshop, ended: Ended
) -> None:
    log = copy.deepcopy(ended.log)
    (first, *_) = log.operations.values()
    night = replace(first, intent=replace(first.intent, id="night-1", kind="night"))
    log.operations["night-1"] = night
    found = checker.check(workshop, ended.database, ended.folder, log)
    assert "I7: a night was asked for, and none can be read" in found


def test_it_finds_a_secret_in_a_log(workshop: Workshop, ended: Ended, tmp_path: Path) -> None:
    folder = shutil.copytree(ended.folder, tmp_path / "copy")
    with (folder / "server.jsonl").open("a", encoding="utf-8") as lines:
        lines.write(workshop.home.secrets()["sealing_key"] + "\n")
    found = checker.check(workshop, ended.database, folder, ended.log)
    assert found == ["I8: server.jsonl holds a secret"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"dead": {"SafetyQueue": 2}, "gauge": 0}, "2 dead letters, and the watch says 0"),
        ({"dead": {}, "gauge": 1}, "0 dead letters, and the watch says 1"),
        ({"dead": {"SafetyQueue": 1}, "gauge": 1}, "the status calls that True"),
        ({"dead": {}, "status": False}, "the status calls that False"),
        ({"dead": {"SafetyQueue": 1}}, "alarms of [] ring"),
        ({"ringing": ["SafetyQueue"]}, "alarms of ['SafetyQueue'] ring"),
    ],
)
def test_it_finds_dead_letters_that_nobody_was_called_for_and_calls_for_none(
    workshop: Workshop, ended: Ended, tmp_path: Path, line: dict[str, object], said: str
) -> None:
    folder = shutil.copytree(ended.folder, tmp_path / "copy")
    quiet = {"dead": {}, "gauge": 0, "status": True, "ringing": []}
    last = json.loads((folder / FILE).read_text().splitlines()[-1])
    assert last == quiet | {"line": last["line"]}
    (folder / FILE).write_text(json.dumps(quiet | line) + "\n")
    with workshop.admin(ended.database) as admin:
        found = Evidence(admin, "", folder, ended.log, {}, [])
        faults = list(check_alarms.check(found))
    assert any(said in fault for fault in faults), faults
