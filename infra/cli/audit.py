"""``induct audit``: is the trail whole, and who may and did what?"""

import typer

from infra.cli.access import access, revoke
from infra.cli.console import Refused, say
from infra.local.home import Home
from shared.identity.actions import Action, actions
from shared.identity.matrix import matrix

app = typer.Typer(help="The audit trail.", no_args_is_help=True)
app.command()(access)
app.command()(revoke)


@app.command()
def verify() -> None:
    """Recompute the hash chain of every stream and name the first row that was altered; then hold
    the rows that never change against what the trail tells of them."""
    from infra.database.audit import altered_rows, verify_trail
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        report = verify_trail(logins.url("induct_platform"))
        altered = altered_rows(logins.url("induct_platform"))
    for fault in (*report.faults, *altered):
        say(str(fault))
    if report.faults:
        raise Refused(f"{len(report.faults)} of {report.streams} streams are not whole.")
    if altered:
        raise Refused(f"{len(altered)} rows are not as the trail tells.")
    say(f"Whole: {report.rows} rows in {report.streams} streams.")


@app.command("matrix")
def show_matrix() -> None:
    """Who may do what: actions by roles, and where that differs from the guidance, why."""
    for action in actions().values():
        say(f"{action.title}: {_cells(action)}")
        for role, other in action.elsewhere.items():
            say(f"  {role} ({other.guide} in the guidance): {other.why}")


def _cells(action: Action) -> str:
    cells = ((role, action.cells.get(role)) for role in matrix().roles)
    return ", ".join(f"{role} {' '.join(sorted(cell))}" for role, cell in cells if cell)
