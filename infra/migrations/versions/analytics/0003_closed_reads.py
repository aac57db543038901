"""Signed looks, and reads of what is closed: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "analytics_0003"
down_revision = "analytics_0002"
branch_labels = None
depends_on = "platform_0004"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
