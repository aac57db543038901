"""Receipts of files in the background: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "assessments_0011"
down_revision = "assessments_0010"
branch_labels = None
# Behind the redaction, which does not look through it: it holds hashes.
depends_on = "platform_0015"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
