"""Alembic environment: runs the migrations as the owner of the schemas, and as nobody else."""

from alembic import context
from sqlalchemy import create_engine, text

LOCK_TIMEOUT = "5s"


def run() -> None:
    url = context.config.attributes["url"]
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text("SET ROLE induct_owner"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS platform"))
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        # Configuration rows that a migration writes are audited too, so it says who it is.
        connection.execute(
            text(
                "SELECT set_config('app.actor', 'migrator', false),"
                " set_config('app.role', 'system', false),"
                " set_config('app.reason', 'migration', false),"
                " set_config('app.request', gen_random_uuid()::text, false)"
            )
        )
        connection.commit()
        context.configure(
            connection=connection, version_table_schema="platform", transaction_per_migration=True
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
