"""Platform: see the SQL file of the same name."""

from infra.migrations.script import refuse_downgrade, run_sql

revision = "platform_0015"
down_revision = "platform_0014"
branch_labels = None
# It opens every table that is there by then to a search for words that must go.
depends_on = ("randomization_0011", "assessments_0010", "safety_0026", "analytics_0008")


def upgrade() -> None:
    run_sql(__file__)


def downgrade() -> None:
    refuse_downgrade()
