"""Safety: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "safety_0002"
down_revision = "safety_0001"
branch_labels = None
# The trail of many rows of one statement.
depends_on = "platform_0004"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
