"""Platform: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "platform_0017"
down_revision = "platform_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
