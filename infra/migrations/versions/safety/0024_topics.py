"""Safety: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "safety_0024"
down_revision = "safety_0023"
branch_labels = None
depends_on = "platform_0006"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
