"""Bring a database to the newest schema: by a command of its own, never by a request."""

import re
from pathlib import Path

import psycopg

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
VERSIONS = MIGRATIONS / "versions"
_DEPENDS_ON = re.compile(r'^depends_on = (["(].*)$', re.MULTILINE)


def is_current(migrator_url: str) -> bool:
    """True where every revision file has run. Reads only; imports no migration machinery."""
    wanted = _last_revisions()
    with psycopg.connect(migrator_url) as connection:
        connection.execute("SET ROLE induct_owner")
        found = connection.execute("SELECT to_regclass('platform.alembic_version')").fetchone()
        if found is None or found[0] is None:
            return False
        rows = connection.execute("SELECT version_num FROM platform.alembic_version").fetchall()
    return {row[0] for row in rows} == wanted


def _last_revisions() -> set[str]:
    """What alembic lists where all has run: the newest revision of every branch, but for one that a
    revision of another branch depends on. A branch is a folder, its files are in order."""
    newest, needed = {}, set()
    for file in sorted(VERSIONS.glob("*/[0-9]*.py")):
        newest[file.parent.name] = f"{file.parent.name}_{file.stem.split('_')[0]}"
        for told in _DEPENDS_ON.findall(file.read_text(encoding="utf-8")):
            needed |= set(re.findall(r"\w+", told))
    return set(newest.values()) - needed


def migrate(migrator_url: str, *revisions: str) -> None:
    """Run all outstanding revisions as the owner, or up to those named; each in its own
    transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option(
        "version_locations", "\n".join(str(p) for p in sorted(VERSIONS.iterdir()) if p.is_dir())
    )
    config.attributes["url"] = migrator_url.replace("postgresql://", "postgresql+psycopg://", 1)
    for revision in revisions or ("heads",):
        command.upgrade(config, revision)
