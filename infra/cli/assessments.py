"""``induct assessments``: rule packs without a server; files of records, and who sends them."""

import typer

from infra.cli.assessments_derive import derive
from infra.cli.assessments_grade import grade
from infra.cli.assessments_rave import app as rave_users
from infra.cli.assessments_submit import submit

app = typer.Typer(
    help="Derive what a subject's facts say, grade a laboratory value; send files of records.",
    no_args_is_help=True,
)
app.command("derive")(derive)
app.command("grade")(grade)
app.command("submit")(submit)
app.add_typer(rave_users, name="rave-user")
