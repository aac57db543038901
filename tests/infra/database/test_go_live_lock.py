"""A live study keeps the design that its randomization list was made for."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.database.studies import Activation, ActivationError, activate
from shared.study import from_json, to_json
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

STUDY = "NCT05748171"
Change = Callable[[dict[str, Any]], object]


def put_in_force(
    database: TestDatabase, version: str, mode: str, change: Change = lambda _: None
) -> Activation:
    content = to_json(shipped(STUDY))
    content["identity"]["version"] = version
    change(content)
    return activate(
        database.url("induct_migrator"),
        from_json(content),
        mode=mode,
        actor="test",
        reason="tried by a test",
    )


def in_force(database: TestDatabase) -> object:
    return database.rows("SELECT definition_version FROM platform.study")[0][0]


def make_list(database: TestDatabase, mode: str, state: str, study: str = STUDY) -> None:
    """A list by hand: what is not tested here gets any value that fits its type."""
    known = {"study_id": study, "list_id": "MAIN", "mode": mode, "state": state,
             "method": "permuted_blocks", "purpose": "central", "approver": "b", "author": "a",
             "root": b"r" * 32}  # fmt: skip
    fillers = {"integer": 1, "text": "x", "bytea": b"x", "timestamp with time zone": "2026-01-01"}
    with database.admin() as admin:
        columns = admin.execute(
            "SELECT column_name, data_type, is_nullable FROM information_schema.columns"
            " WHERE table_schema = 'randomization' AND table_name = 'list'"
        ).fetchall()
        row = {
            name: known.get(name, fillers.get(kind))
            for name, kind, nullable in columns
            if name in known or nullable == "NO" or name in ("manifest", "activated_at")
        }
        admin.execute("SET session_replication_role = replica")
        admin.execute(
            f"INSERT INTO randomization.list ({', '.join(row)})"
            f" VALUES ({', '.join(['%s'] * len(row))})".encode(),
            list(row.values()),
        )


def other_blocks(content: dict[str, Any]) -> None:
    content["randomization"]["scheme"]["block_sizes"] = [3, 6]


def other_ratio(content: dict[str, Any]) -> None:
    content["arms"][1]["ratio"] = 2
    content["randomization"]["scheme"]["block_sizes"] = [4, 8]


def another_cap(content: dict[str, Any]) -> None:
    content["randomization"]["caps"] = [
        {"id": "all", "scope": "study", "limit": 100, "source": "assumed"}
    ]


def other_title(content: dict[str, Any]) -> None:
    content["identity"]["title"] = "Another title"


@pytest.mark.parametrize("state", ["sealed", "active", "suspended", "revealed"])
@pytest.mark.parametrize("change", [other_blocks, another_cap])
def test_a_live_study_with_a_list_refuses_another_randomization(
    database: TestDatabase, state: str, change: Change
) -> None:
    put_in_force(database, "1.0.0", "live")
    make_list(database, "live", state)
    words = "NCT05748171 is live and the list MAIN was made for 1.0.0: randomization may not change"
    with pytest.raises(ActivationError, match=words):
        put_in_force(database, "1.1.0", "live", change)
    assert in_force(database) == "1.0.0"


def test_a_live_study_with_a_list_refuses_another_ratio_of_its_arms(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "live")
    make_list(database, "live", "active")
    with pytest.raises(ActivationError, match="randomization and arms may not change"):
        put_in_force(database, "1.1.0", "live", other_ratio)


def test_a_live_study_with_a_list_takes_a_change_of_anything_else(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "live")
    make_list(database, "live", "active")
    assert put_in_force(database, "1.1.0", "live", other_title).changed
    assert in_force(database) == "1.1.0"


def test_the_design_cannot_be_changed_in_two_steps_or_by_going_back(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "live", other_blocks)
    put_in_force(database, "1.1.0", "live")
    make_list(database, "live", "active")
    put_in_force(database, "1.2.0", "live", other_title)
    for version in ("1.0.0", "1.3.0"):
        with pytest.raises(ActivationError, match="may not change"):
            put_in_force(database, version, "live", other_blocks)


def test_a_live_study_without_a_list_may_still_change_its_design(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "live")
    assert put_in_force(database, "1.1.0", "live", other_blocks).changed


def test_a_live_study_whose_list_is_closed_may_change_its_design(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "live")
    make_list(database, "live", "closed")
    assert put_in_force(database, "1.1.0", "live", other_blocks).changed


def test_a_list_of_another_study_locks_nothing(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "live")
    make_list(database, "live", "active", study="another")
    assert put_in_force(database, "1.1.0", "live", other_blocks).changed


def test_a_training_study_may_change_its_design_under_a_list(database: TestDatabase) -> None:
    put_in_force(database, "1.0.0", "training")
    make_list(database, "training", "active")
    assert put_in_force(database, "1.1.0", "training", other_blocks).changed
