"""``induct assessments``: rule packs at the command line, without a server or a database."""

import typer

from infra.cli.assessments_derive import derive
from infra.cli.assessments_grade import grade
from infra.cli.assessments_rave import app as rave_users

app = typer.Typer(
    help="Rule packs: derive what a subject's facts say, grade a laboratory value.",
    no_args_is_help=True,
)
app.command("derive")(derive)
app.command("grade")(grade)
app.add_typer(rave_users, name="rave-user")
