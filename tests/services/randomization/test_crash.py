"""Death at every point of the allocating transaction, and an answer that is lost after it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from shared.identity.issuer import Issuer
from tests.services.randomization.expected import UNDER_24, contents
from tests.services.randomization.ledger import check_ledger
from tests.services.randomization.sessions import Watcher, used
from tests.services.randomization.wire import Wire
from tests.services.randomization.world import request
from tests.support.api import ApiClient
from tests.support.database import TestDatabase

EXPECTED = {UNDER_24: contents("L1", UNDER_24)}
# What somebody else holds, so that the transaction stops there: named for what it has done by then.
POINTS = {
    "nothing is locked": "SELECT 1 FROM platform.study FOR UPDATE",
    "the study is locked": "SELECT 1 FROM randomization.stratum FOR UPDATE",
    "the slot is taken": "LOCK TABLE randomization.allocation IN SHARE MODE",
    "the allocation is recorded": "LOCK TABLE platform.signature IN SHARE MODE",
    "it is signed": "LOCK TABLE platform.outbox IN SHARE MODE",
    "the event is written": "LOCK TABLE platform.idempotency IN SHARE MODE",
    "the answer is kept": "LOCK TABLE randomization.attempt IN SHARE MODE",
    "the commit has begun": "SELECT pg_advisory_xact_lock(4711)",
}
# Runs in the commit itself, after the last statement.
AT_COMMIT = """
    CREATE FUNCTION public.pass_the_gate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN PERFORM pg_catalog.pg_advisory_xact_lock_shared(4711); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON randomization.allocation
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.pass_the_gate();
"""
LEFT = """
    SELECT (SELECT count(*) FROM randomization.slot WHERE subject_id IS NOT NULL),
           (SELECT count(*) FROM randomization.allocation),
           (SELECT count(*) FROM randomization.attempt),
           (SELECT count(*) FROM platform.idempotency WHERE route LIKE '%%/allocations'),
           (SELECT count(*) FROM platform.outbox WHERE type = 'subject.randomized'),
           (SELECT count(*) FROM platform.signature WHERE signed_table LIKE '%%.allocation'),
           (SELECT count(*) FROM platform.audit WHERE table_name LIKE '%%.allocation')
"""


@contextmanager
def dying_at(
    point: str, database: TestDatabase, watch: Watcher, *, queued: bool = False
) -> Iterator[None]:
    """The first transaction that comes to the point dies there; where ``queued``, as soon as
    another one waits behind it."""
    with database.admin() as holder, ThreadPoolExecutor(1) as aside:
        holder.execute(AT_COMMIT.encode())
        holder.execute("BEGIN")
        holder.execute(POINTS[point].encode())

        def kill() -> None:
            victim = watch.blocked_by(holder.info.backend_pid)
            if queued:
                watch.blocked_by(victim)
            watch.end(victim)
            holder.execute("ROLLBACK")

        killed = aside.submit(kill)
        yield
        killed.result()
        holder.execute("DROP FUNCTION public.pass_the_gate() CASCADE")


@pytest.mark.parametrize("point", POINTS)
def test_a_death_before_the_commit_leaves_nothing_and_its_number_to_the_next(
    api: ApiClient, database: TestDatabase, watch: Watcher, point: str
) -> None:
    with dying_at(point, database, watch):
        died = api.post("/allocations", json=request(), key="one")
    assert (died.status_code, died.json()["type"]) == (503, "urn:induct:problem:unavailable")
    assert "Retry-After" in died.headers
    assert set(database.rows(LEFT)[0]) == {0}
    other = api.post("/allocations", json=request("S01-002"))
    again = api.post("/allocations", json=request(), key="one")
    assert (other.status_code, again.status_code) == (201, 201)
    assert used(database) == [(UNDER_24, 1, "S01-002"), (UNDER_24, 2, "S01-001")]
    assert check_ledger(database, EXPECTED) == 2


def test_who_waited_behind_the_dead_gets_the_number_that_the_dead_had(
    api: ApiClient, database: TestDatabase, watch: Watcher
) -> None:
    with dying_at("the answer is kept", database, watch, queued=True):
        answers = api.together(
            api.call("POST", "/allocations", json=request(child), key=f"key of {child}")
            for child in ("S01-001", "S01-002")
        )
    assert sorted(answer.status_code for answer in answers) == [201, 503]
    again = [
        api.post("/allocations", json=request(child), key=f"key of {child}")
        for child in ("S01-001", "S01-002")
    ]
    assert sorted(answer.status_code for answer in again) == [200, 201]
    for first, second in zip(answers, again, strict=True):
        assert first.status_code == 503 or second.content == first.content
    assert [row[:2] for row in used(database)] == [(UNDER_24, 1), (UNDER_24, 2)]
    assert check_ledger(database, EXPECTED) == 2


def test_a_commit_whose_answer_was_lost_is_found_by_the_retry(
    api: ApiClient, database: TestDatabase, issuer: Issuer
) -> None:
    """What the caller is told then is: unknown, come again. It was done, and once."""
    with Wire(database) as wire:
        over = ApiClient("randomization", wire.database, issuer, sandbox=True, pool_size=2)
        try:
            wire.lose_next_commit()
            unknown = over.post("/allocations", json=request(), key="one")
            assert (unknown.status_code, wire.lost) == (503, 1)
            assert [row[1:] for row in used(database)] == [(1, "S01-001")]
            ((kept,),) = database.rows("SELECT body FROM platform.idempotency WHERE key = 'one'")
            for key in ("one", "one", "two"):
                again = over.post("/allocations", json=request(), key=key)
                assert (again.status_code, again.text) == (200, kept)
        finally:
            over.close()
    assert check_ledger(database, EXPECTED) == 1
    ((attempts,),) = database.rows("SELECT count(*) FROM randomization.attempt")
    assert attempts == 4


def test_an_answer_of_a_refusal_that_was_lost_refuses_again_and_consumes_nothing(
    api: ApiClient, database: TestDatabase, issuer: Issuer
) -> None:
    with Wire(database) as wire:
        over = ApiClient("randomization", wire.database, issuer, sandbox=True, pool_size=2)
        try:
            wire.lose_next_commit()
            refused = request(cd22_positive=False)
            answers = [over.post("/allocations", json=refused, key="one") for _ in range(2)]
            assert [answer.status_code for answer in answers] == [503, 422]
        finally:
            over.close()
    assert used(database) == []
    assert database.rows("SELECT outcome FROM randomization.attempt") == [(422,), (422,)]
