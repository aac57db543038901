"""Which definition was in force when, also where a version came back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import infra.migrations.versions
from infra.database.studies import activate
from shared.database.definitions import hash_at
from shared.database.engine import blocking_engine
from shared.http.problems import NotFound
from shared.study import from_json, to_json
from tests.support.database import TestDatabase
from tests.support.definitions import shipped

STUDY = "NCT05748171"
REVISION = (
    Path(infra.migrations.versions.__path__[0]) / "platform" / "0005_definitions_in_force.sql"
)


def activated(database: TestDatabase, version: str) -> str:
    content = to_json(shipped(STUDY))
    content["identity"]["version"] = version
    made = activate(
        database.url("induct_migrator"), from_json(content), mode="training", actor="test",
        reason="tried by a test",
    )  # fmt: skip
    return made.definition_hash


@pytest.fixture
def periods(database: TestDatabase) -> list[tuple[datetime, str]]:
    """The instant of each activation with what it put in force: a version, another, and back."""
    versions = ("9.0.0", "9.1.0", "9.0.0", "9.2.0")
    made = [activated(database, version) for version in versions]
    rows = database.rows("SELECT since FROM platform.definition_in_force ORDER BY number")
    return [(row[0], one) for row, one in zip(rows, made, strict=True)]  # type: ignore[index]


def at(database: TestDatabase, instant: datetime, study: str = STUDY) -> str:
    engine = blocking_engine(database.url("induct_safety"), pool_size=1)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET app.study = '{study}'")
            return hash_at(connection, study, instant)
    finally:
        engine.dispose()


def test_each_instant_has_the_definition_of_its_own_period(
    database: TestDatabase, periods: list[tuple[datetime, str]]
) -> None:
    tick = timedelta(microseconds=1)
    for number, (since, one) in enumerate(periods):
        assert at(database, since) == one
        before = periods[max(number - 1, 0)][1]
        assert at(database, since - tick) == before, "before the first, the first says it"
    assert at(database, datetime.now(UTC) + timedelta(days=1)) == periods[-1][1]


def test_the_same_again_is_no_activation(database: TestDatabase) -> None:
    for version in ("9.0.0", "9.0.0"):
        activated(database, version)
    assert len(database.rows("SELECT 1 FROM platform.definition_in_force")) == 1


def test_a_study_that_is_not_activated_here_has_none(database: TestDatabase) -> None:
    with pytest.raises(NotFound):
        at(database, datetime.now(UTC), study="NCT00000000")


@pytest.mark.usefixtures("periods")
def test_what_the_audit_trail_told_before_there_was_the_table_is_taken_over(
    database: TestDatabase,
) -> None:
    whole = REVISION.read_text("utf-8")
    start = whole.index("INSERT INTO platform.definition_in_force")
    query = whole[whole.index("SELECT", start) : whole.index(";", start)]
    told = database.rows(f"SELECT * FROM ({query}) t ORDER BY 2")
    kept = database.rows(
        "SELECT study_id, number, definition_version, since FROM platform.definition_in_force"
        " ORDER BY number"
    )
    assert [row[:3] for row in told] == [row[:3] for row in kept]  # type: ignore[index]
    for one, other in zip(told, kept, strict=True):
        assert abs(one[3] - other[3]) < timedelta(seconds=5)  # type: ignore[index]
