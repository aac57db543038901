"""What every revision does: run the SQL file that lies beside it."""

from pathlib import Path

from alembic import op


def run_sql(revision_file: str) -> None:
    """Execute the ``.sql`` file of the same name, on the driver, so that ``%`` stays ``%``."""
    statement = Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8")
    cursor = op.get_bind().connection.cursor()
    cursor.execute(statement)
    cursor.close()


def refuse_downgrade() -> None:
    """An audit trail has no way back: a mistake is mended by the next revision."""
    raise RuntimeError("Migrations only go forward; restore a backup to go back.")
