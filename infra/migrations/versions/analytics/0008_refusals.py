"""Refused calls are kept for all services in one place: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "analytics_0008"
down_revision = "analytics_0007"
branch_labels = None
# Where they are kept from here on.
depends_on = ("platform_0008",)


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
