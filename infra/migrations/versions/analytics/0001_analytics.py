"""Analytics: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "analytics_0001"
down_revision = None
branch_labels = ("analytics",)
depends_on = "platform_0003"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
