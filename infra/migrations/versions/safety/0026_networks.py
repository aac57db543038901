"""Networks that accounts are bound to: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "safety_0026"
down_revision = "safety_0025"
branch_labels = None
depends_on = "platform_0009"


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
