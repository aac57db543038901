"""Assessments: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "assessments_0006"
down_revision = "assessments_0005"
branch_labels = None
depends_on = "randomization_0002"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
