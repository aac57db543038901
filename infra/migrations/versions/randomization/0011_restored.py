"""Randomization: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "randomization_0011"
down_revision = "randomization_0010"
branch_labels = None
depends_on = "platform_0012"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
