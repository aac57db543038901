"""The disk fails at fsync: nothing is said to be done that is not safe."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Literal

import psycopg
import pytest

from infra.database.audit import verify_trail
from tests.simulation.broken_disk import COMPILER, BrokenDisk, breakable
from tests.simulation.standing import Standing, at_once, children, standing, statuses
from tests.simulation.workshop import Workshop

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(COMPILER is None, reason="a disk that fails is compiled: there is no cc"),
]
SUBJECTS = "SELECT count(*) FROM assessments.subject"
ANSWERS = "SELECT count(*) FROM platform.idempotency WHERE route LIKE '%/subjects %'"
WRITERS, ENOUGH = 8, 400


@pytest.fixture(scope="module")
def disk(workshop: Workshop) -> Iterator[BrokenDisk]:
    with breakable(workshop) as made:
        yield made


@pytest.fixture
def deployment(
    disk: BrokenDisk, workshop: Workshop, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Standing]:
    with standing(workshop, tmp_path, f"disk_{abs(hash(request.node.name))}") as made:
        yield made
        disk.mend()
        workshop.cluster.start()


def test_a_log_that_cannot_be_made_safe_acknowledges_nothing_and_loses_nothing(
    deployment: Standing, disk: BrokenDisk
) -> None:
    before, meanwhile = children(6), children(8, first=6)
    assert statuses(at_once(deployment.register, before)) == {201}
    _fail(deployment, disk, "wal")
    refused = at_once(deployment.register, meanwhile)
    assert statuses(refused) == {503}
    assert all(answer is not None and "Retry-After" in answer.headers for answer in refused)
    assert "could not fdatasync file" in _panic(deployment)
    assert not deployment.shop.cluster.is_alive()  # it tries, and comes back to no such disk
    disk.mend()
    deployment.shop.cluster.start()
    assert deployment.count(SUBJECTS) >= len(before)
    again = at_once(deployment.register, [*before, *meanwhile])
    assert statuses(again) == {201}
    assert deployment.count(SUBJECTS) == deployment.count(ANSWERS) == 14
    assert verify_trail(deployment.shop.cluster.superuser_url(deployment.database)).faults == []


def test_a_checkpoint_that_cannot_be_made_safe_ends_postgres_and_the_log_has_everything(
    deployment: Standing, disk: BrokenDisk
) -> None:
    """Trying fsync again would succeed and mean nothing: what was not written is forgotten then."""
    assert statuses(at_once(deployment.register, children(6))) == {201}
    _fail(deployment, disk, "data")
    with deployment.shop.admin() as admin, suppress(psycopg.Error):
        admin.execute("CHECKPOINT")
    assert "could not fsync file" in _panic(deployment)
    assert statuses(at_once(deployment.register, children(4, first=6))) == {503}
    disk.mend()
    deployment.shop.cluster.start()
    assert statuses(at_once(deployment.register, children(10))) == {201}
    assert deployment.count(SUBJECTS) == deployment.count(ANSWERS) == 10
    assert verify_trail(deployment.shop.cluster.superuser_url(deployment.database)).faults == []


def test_of_writers_at_work_nobody_is_told_of_a_write_that_began_after_the_failure(
    workshop: Workshop, disk: BrokenDisk
) -> None:
    with workshop.database("disk_writes") as database:
        url = workshop.cluster.superuser_url(database)
        with workshop.admin(database) as admin:
            admin.execute("CREATE TABLE written (n bigint PRIMARY KEY)")
        numbers, busy = itertools.count(), threading.Event()
        told: set[int] = set()
        late: set[int] = set()

        def write() -> None:
            with suppress(psycopg.Error), psycopg.connect(url, autocommit=True) as connection:
                while True:
                    number = next(numbers)
                    if disk.fails():
                        late.add(number)
                    connection.execute("INSERT INTO written VALUES (%s)", (number,))
                    told.add(number)
                    if len(told) >= ENOUGH:
                        busy.set()

        writers = [threading.Thread(target=write, daemon=True) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        assert busy.wait(60)
        disk.fail("wal")
        for writer in writers:
            writer.join(60)
        disk.mend()
        workshop.cluster.start()
        with workshop.admin(database) as admin:
            stored = {row[0] for row in admin.execute("SELECT n FROM written")}
    assert len(told) >= ENOUGH
    assert told <= stored
    assert not told & late


def _fail(deployment: Standing, disk: BrokenDisk, what: Literal["wal", "data"]) -> None:
    """Let the disk fail, when everything that was told before is made safe."""
    deployment.count("SELECT 1")
    disk.fail(what)


def _panic(deployment: Standing) -> str:
    """The lines of the server's log that tell of a panic."""
    log = deployment.shop.cluster.log_file.read_text(encoding="utf-8", errors="replace")
    return "\n".join(line for line in log.splitlines() if "PANIC" in line)
