"""Assessments: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "assessments_0002"
down_revision = "assessments_0001"
branch_labels = None
depends_on = "platform_0004"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
