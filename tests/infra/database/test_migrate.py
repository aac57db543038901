"""A database that has every migration is known to have it, without asking alembic."""

from infra.database import migrate
from tests.support.database import TestDatabase


def test_a_migrated_database_is_current_so_that_a_start_migrates_nothing(
    database: TestDatabase,
) -> None:
    assert migrate.is_current(database.url("induct_migrator"))


def test_what_must_have_run_is_what_alembic_lists_when_all_has(database: TestDatabase) -> None:
    listed = {name for (name,) in database.rows("SELECT version_num FROM platform.alembic_version")}
    assert migrate._last_revisions() == listed
