"""Blinded reads have a role of their own: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "analytics_0005"
down_revision = "analytics_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
