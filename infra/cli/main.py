"""The command ``induct``: everything a person does with a deployment on one machine."""

import sys
from typing import Annotated

import typer

from infra.cli import (
    analytics,
    assessments,
    audit,
    contracts,
    demo,
    events,
    export,
    ops,
    randomization,
    recovery,
    run,
    safety,
    sign,
    status,
    study,
    token,
)
from infra.cli.console import Refused, complain
from shared import __version__

app = typer.Typer(
    name="induct",
    help="The backend of a randomized trial: allocation, assessments, safety, analytics.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(run.run)
app.command("token")(token.token)
app.command("sign")(sign.sign)
app.command("demo")(demo.demo)
app.command("status")(status.status)
app.add_typer(export.app, name="export")
app.add_typer(study.app, name="study")
app.add_typer(randomization.app, name="randomization")
app.add_typer(assessments.app, name="assessments")
app.add_typer(safety.app, name="safety")
app.add_typer(analytics.app, name="analytics")
app.add_typer(events.app, name="events")
app.add_typer(audit.app, name="audit")
app.add_typer(ops.app, name="ops")
app.add_typer(recovery.app, name="recovery")
app.add_typer(contracts.app, name="contracts")


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
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # what nobody expected is raised again, with its traceback
        words = _mendable(error)
        if words is None:
            raise
        complain(words)
        sys.exit(1)


def _mendable(error: Exception) -> str | None:
    """What to tell a person about an error that they can mend; None for a fault of ours."""
    if isinstance(error, Refused):
        return str(error)
    # Imported here: most commands need none of this, and it takes longer than they do.
    import psycopg
    from sqlalchemy.exc import OperationalError

    from infra.database.studies import ActivationError
    from infra.local.database import NotDurable
    from infra.local.parity import Disagreement
    from infra.local.stack import PortTaken
    from infra.postgres import PostgresError
    from infra.topology import TemplateError, TopologyError
    from shared.identity.issuer import UnknownRole

    mendable = (
        ActivationError,
        Disagreement,
        NotDurable,
        PortTaken,
        PostgresError,
        TemplateError,
        TopologyError,
        UnknownRole,
        psycopg.OperationalError,
    )
    if isinstance(error, mendable):
        return str(error)
    return str(error).splitlines()[0] if isinstance(error, OperationalError) else None
