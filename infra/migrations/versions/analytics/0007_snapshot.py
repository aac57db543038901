"""A run tells which snapshot it read: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "analytics_0007"
down_revision = "analytics_0006"
branch_labels = None
# Its columns are held against the trail as the others are.
depends_on = ("platform_0006",)


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
