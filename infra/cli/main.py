"""The command ``induct``: everything a person does with a deployment on one machine."""

import sys
from typing import Annotated

import psycopg
import typer
from sqlalchemy.exc import SQLAlchemyError

from infra.cli import analytics, audit, contracts, demo, events, run, study, token
from infra.cli.console import Refused, complain
from infra.database.studies import ActivationError
from infra.local.parity import Disagreement
from infra.local.stack import PortTaken
from infra.postgres import PostgresError
from infra.topology import TemplateError, TopologyError
from shared import __version__
from shared.identity.issuer import UnknownRole

app = typer.Typer(
    name="induct",
    help="The backend of a randomized trial: allocation, assessments, safety, analytics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(run.run)
app.command("token")(token.token)
app.command("demo")(demo.demo)
app.add_typer(study.app, name="study")
app.add_typer(analytics.app, name="analytics")
app.add_typer(events.app, name="events")
app.add_typer(audit.app, name="audit")
app.add_typer(contracts.app, name="contracts")

# What a person can mend; anything else is a fault of ours and shows its traceback.
EXPECTED = (
    Refused,
    PostgresError,
    PortTaken,
    Disagreement,
    TemplateError,
    TopologyError,
    ActivationError,
    UnknownRole,
    psycopg.OperationalError,
    SQLAlchemyError,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"induct {__version__}")
        raise typer.Exit


@app.callback()
def induct(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """The backend of a randomized trial: allocation, assessments, safety, analytics."""


def main() -> None:
    """Run the command line; an error that a person can mend is told without a traceback."""
    try:
        app()
    except EXPECTED as error:
        complain(str(error).splitlines()[0] if isinstance(error, SQLAlchemyError) else str(error))
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
