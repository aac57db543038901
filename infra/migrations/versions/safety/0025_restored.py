"""Safety: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "safety_0025"
down_revision = "safety_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
