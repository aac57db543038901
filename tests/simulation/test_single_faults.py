"""One fault at a time, each at its worst: what must hold while it lasts, and what after it."""

import os
import resource
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from infra.database.audit import altered_rows, verify_trail
from tests.simulation.nemesis import resize
from tests.simulation.restoring import Restored, restored
from tests.simulation.standing import Standing, at_once, children, standing, statuses
from tests.simulation.workshop import DISK_BYTES, Workshop
from tests.simulation.writes import count_lost

pytestmark = pytest.mark.long
SUBJECTS = "SELECT count(*) FROM assessments.subject"
CASES = "SELECT count(*) FROM safety.safety_case"
ANSWERS = "SELECT count(*) FROM platform.idempotency WHERE route LIKE '%/subjects %'"


@pytest.fixture
def deployment(
    workshop: Workshop, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Standing]:
    with standing(workshop, tmp_path, f"single_{abs(hash(request.node.name))}") as made:
        yield made


@pytest.fixture
def full(workshop: Workshop) -> Iterator[Callable[[], None]]:
    """Leaves Postgres no room for another page; room again at the end."""
    if not workshop.mounted:
        pytest.skip("a small disk cannot be mounted here: it takes root and a tmpfs")

    def fill() -> None:
        while not resize(workshop.disk, shutil.disk_usage(workshop.disk).used + 4096):
            pass

    yield fill
    resize(workshop.disk, DISK_BYTES)
    workshop.cluster.start()


def test_postgres_killed_under_load_loses_no_acknowledged_write(workshop: Workshop) -> None:
    counted = count_lost(workshop, wanted=2000, kills=2)
    assert counted.lost == 0, str(counted)
    assert counted.acknowledged >= 2000
    assert counted.unknown > 0


def test_callers_of_a_killed_postgres_are_told_503_and_the_server_goes_on_by_itself(
    deployment: Standing,
) -> None:
    before, meanwhile = children(4), children(8, first=4)
    assert statuses(at_once(deployment.register, before)) == {201}
    for process in deployment.shop.postgres_processes():
        os.kill(process, signal.SIGKILL)
    refused = at_once(deployment.register, meanwhile)
    assert statuses(refused) == {503}
    assert all(answer is not None and "Retry-After" in answer.headers for answer in refused)
    deployment.shop.cluster.start()
    again = at_once(deployment.register, [*before, *meanwhile])
    assert statuses(again) == {201}
    assert deployment.count(SUBJECTS) == deployment.count(ANSWERS) == 12


def test_a_postgres_that_stands_still_piles_up_no_threads_and_doubles_nothing(
    deployment: Standing,
) -> None:
    assert statuses(at_once(deployment.register, children(4))) == {201}
    tasks = Path(f"/proc/{deployment.server}/task")
    threads = len(list(tasks.iterdir()))
    stopped = deployment.shop.postgres_processes()
    for process in stopped:
        os.kill(process, signal.SIGSTOP)
    asking = threading.Thread(target=at_once, args=(deployment.register, children(16)))
    asking.start()
    time.sleep(1.0)
    assert len(list(tasks.iterdir())) <= threads + 1
    for process in stopped:
        os.kill(process, signal.SIGCONT)
    asking.join()
    assert statuses(at_once(deployment.register, children(16))) == {201}
    assert deployment.count(SUBJECTS) == deployment.count(ANSWERS) == 16


def test_a_full_disk_refuses_writes_reads_go_on_and_room_is_all_it_needs(
    deployment: Standing, full: Callable[[], None]
) -> None:
    assert statuses(at_once(deployment.register, children(4))) == {201}
    full()
    # Pages that are there already take some more rows: it is refused when the next is needed.
    found: list[int | None] = []
    for child in children(60, first=10):
        answer = deployment.register(child)
        found.append(None if answer is None else answer.status_code)
        if found[-1] == 503:
            break
    assert set(found) <= {201, 503}
    assert found[-1] == 503
    assert statuses([deployment.ask("coordinator", "GET", "assessments/subjects")]) == {200}
    resize(deployment.shop.disk, DISK_BYTES)
    deployment.shop.cluster.start()  # nothing, where it stands; it may have ended itself
    asked = children(len(found), first=10)
    assert statuses(at_once(deployment.register, asked)) == {201}
    assert deployment.count(SUBJECTS) == deployment.count(ANSWERS) == 4 + len(asked)


def test_a_postgres_that_ended_for_want_of_room_for_its_log_starts_with_everything(
    deployment: Standing, full: Callable[[], None]
) -> None:
    """What the log cannot hold must not be said to be done: Postgres panics and recovers."""
    assert statuses(at_once(deployment.register, children(4))) == {201}
    shop = deployment.shop
    with shop.admin() as admin:
        admin.execute("CHECKPOINT")
        full()
        began = shop.cluster.log_file.stat().st_size
        with suppress(psycopg.Error):
            for _ in range(40):  # each takes the rest of a segment of 16 MB
                admin.execute("SELECT txid_current(), pg_switch_wal()")
    log = shop.cluster.log_file.read_text(encoding="utf-8", errors="replace")[began:]
    assert "PANIC" in log
    assert "No space left on device" in log
    resize(shop.disk, DISK_BYTES)
    shop.cluster.start()
    assert statuses(at_once(deployment.register, children(8))) == {201}
    assert deployment.count(SUBJECTS) == 8
    assert verify_trail(shop.cluster.superuser_url(deployment.database)).faults == []


def test_a_serious_event_is_taken_while_every_other_service_is_without_its_database(
    deployment: Standing,
) -> None:
    (child,) = children(1)
    assert statuses([deployment.register(child)]) == {201}
    others = ("induct_assessments", "induct_randomization", "induct_analytics")
    with deployment.shop.admin(deployment.database) as admin:
        limits = dict(admin.execute("SELECT rolname, rolconnlimit FROM pg_roles").fetchall())
        try:
            for login in others:
                admin.execute(f"ALTER ROLE {login} CONNECTION LIMIT 0".encode())
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY (%s)",
                (list(others),),
            )
            assert statuses([deployment.register("S01-009")]) == {503}
            assert statuses([deployment.report(child)]) == {201}
            assert deployment.count(CASES) == 1
        finally:
            for login in others:
                admin.execute(f"ALTER ROLE {login} CONNECTION LIMIT {limits[login]}".encode())
    assert statuses([deployment.register("S01-009")]) == {201}


def test_the_schema_changes_under_traffic_without_a_failed_call_or_a_gap_in_the_trail(
    deployment: Standing,
) -> None:
    changes = (
        "ALTER TABLE assessments.subject ADD COLUMN later text",
        "ALTER TABLE assessments.subject ALTER COLUMN later SET DEFAULT 'x'",
        "ALTER TABLE assessments.subject ADD CHECK (later IS NOT NULL OR later IS NULL) NOT VALID",
        "CREATE INDEX CONCURRENTLY later ON assessments.subject (later)",
        (
            "DROP TRIGGER audit ON assessments.subject;"
            " CALL platform.audited('assessments.subject', 'subject_id')"
        ),
    )
    told: list[int | None] = []

    def ask() -> None:
        told.extend(statuses(at_once(deployment.register, children(40))))

    asking = threading.Thread(target=ask)
    with deployment.shop.admin(deployment.database) as admin:
        admin.execute("SET ROLE induct_owner")
        admin.execute("SET lock_timeout = '2s'")
        asking.start()
        for change in changes:
            admin.execute(change.encode())
            time.sleep(0.05)
    asking.join()
    assert set(told) == {201}
    audited = """
        SELECT count(DISTINCT row_key) FROM platform.audit
        WHERE table_name = 'assessments.subject' AND field = 'sex'
    """
    assert deployment.count(SUBJECTS) == deployment.count(audited) == 40
    assert verify_trail(deployment.shop.cluster.superuser_url(deployment.database)).faults == []


def test_a_deployment_in_the_middle_of_requests_answers_each_or_leaves_it_to_be_asked_again(
    deployment: Standing,
) -> None:
    told: list[object] = []
    asking = threading.Thread(
        target=lambda: told.extend(at_once(deployment.register, children(48)))
    )
    asking.start()
    while not deployment.count(SUBJECTS):
        time.sleep(0.005)
    deployment.stop(signal.SIGTERM)
    deployment.start()
    asking.join()
    assert statuses(at_once(deployment.register, children(48))) == {201}
    assert deployment.count(SUBJECTS) == deployment.count(ANSWERS) == 48


def test_a_thousand_idle_and_dripping_connections_keep_nobody_else_waiting(
    deployment: Standing,
) -> None:
    where = ("127.0.0.1", deployment.shop.home.port)
    may_open = resource.getrlimit(resource.RLIMIT_NOFILE)[0]  # the server may open no more
    lines = [socket.create_connection(where) for _ in range(min(1000, may_open // 2))]
    try:
        for line in lines[::2]:
            line.sendall(b"POST /assessments/v1/studies/x/subjects HTTP/1.1\r\nHost: a\r\nX-Dri")
        began = time.monotonic()
        assert statuses(at_once(deployment.register, children(8))) == {201}
        assert time.monotonic() - began < 30
    finally:
        for line in lines:
            line.close()


def test_a_backup_in_a_new_cluster_is_the_same_trial_to_the_last_row(
    deployment: Standing,
) -> None:
    assert statuses(at_once(deployment.register, children(6))) == {201}
    assert statuses(at_once(deployment.allocate, children(6))) == {201}
    deployment.stop()
    shop = deployment.shop
    tables = _counts(shop, deployment.database)
    trail = verify_trail(shop.cluster.superuser_url(deployment.database))
    with restored(shop.cluster) as other:
        assert tables["randomization.allocation"] == tables["assessments.subject"] == 6
        assert _counts(other, deployment.database) == tables
        url = other.cluster.superuser_url(deployment.database)
        assert verify_trail(url) == trail
        assert altered_rows(url) == []


def _counts(shop: Workshop | Restored, database: str) -> dict[str, int]:
    """How many rows each table of the deployment has."""
    with shop.admin(database) as admin:
        names = [
            row[0]
            for row in admin.execute(
                "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
                " AND relnamespace::regnamespace::text !~ '^pg_'"
            )
        ]
        counted = {n: admin.execute(f"SELECT count(*) FROM {n}".encode()).fetchone() for n in names}
    return {name: row[0] for name, row in counted.items() if row is not None}
