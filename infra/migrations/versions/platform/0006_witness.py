"""Platform: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "platform_0006"
down_revision = "platform_0005"
branch_labels = None
# It looks at every table that is audited by then.
depends_on = ("randomization_0009", "assessments_0009", "safety_0023", "analytics_0005")


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
