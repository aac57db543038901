"""``induct audit``: is the trail whole?"""

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home

app = typer.Typer(help="The audit trail.", no_args_is_help=True)


@app.command()
def verify() -> None:
    """Recompute the hash chain of every stream and name the first row that was altered."""
    from infra.database.audit import verify_trail
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        report = verify_trail(logins.url("induct_platform"))
    for fault in report.faults:
        say(str(fault))
    if report.faults:
        raise Refused(f"{len(report.faults)} of {report.streams} streams are not whole.")
    say(f"Whole: {report.rows} rows in {report.streams} streams.")
