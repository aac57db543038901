"""``induct audit``: is the trail whole, and who may and did what?"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from infra.cli import audit_redaction, audit_review
from infra.cli.access import access, bind, revoke
from infra.cli.accounts import accounts
from infra.cli.console import Refused, say
from infra.local.home import Home
from shared.identity.actions import Action, actions
from shared.identity.matrix import matrix

app = typer.Typer(help="The audit trail.", no_args_is_help=True)
app.command("review")(audit_review.review)
app.command("sign-off")(audit_review.sign_off)
app.add_typer(audit_redaction.app, name="redaction")
HeadsAt = Annotated[
    Path | None,
    typer.Option("--heads", help="Heads that were noted: a folder, or a copy that you took along."),
]

app.command()(access)
app.command()(accounts)
app.command()(revoke)
app.command()(bind)


@app.command()
def verify(heads: HeadsAt = None) -> None:
    """Recompute the hash chain of every stream and name the first row that was altered; hold it
    against the heads that nights noted outside the database; then hold every audited table against
    what the trail tells of it, and look whether its guards are on."""
    from infra.database.heads_store import heads_at
    from infra.database.proof import prove
    from infra.local.database import opened

    home = Home.from_environment()
    if heads is not None and not heads.exists():
        raise Refused(f"There is no {heads}.")
    with opened(home) as logins:
        proof = prove(logins.url("induct_platform"), heads_at(heads or home.witness))
    for fault in proof.faults:
        say(str(fault))
    if proof.report.faults:
        count = len(proof.report.faults)
        raise Refused(f"{count} of {proof.report.streams} streams are not whole.")
    if proof.faults:
        raise Refused(f"{len(proof.faults)} places are not as the trail tells.")
    say(f"Whole: {proof.report.rows} rows in {proof.report.streams} streams.")
    taken = proof.ledger.taken_at
    if taken is None:
        say("No heads were noted yet: who is master of the database could have written it anew.")
    else:
        say(
            f"It goes on from the heads of {taken:%Y-%m-%d %H:%M} UTC (number {proof.ledger.last})."
        )


@app.command()
def heads(
    out: Annotated[Path, typer.Option(help="A file that is not there yet, to take along.")],
) -> None:
    """Write where every stream ends into one file, for somebody who keeps it elsewhere; a later
    ``induct audit verify --heads FILE`` finds whatever was written anew since."""
    from infra.database.audit_heads import read_ledger
    from infra.database.heads_store import HeadsFolder
    from infra.database.proof import Proof, prove
    from infra.local.database import opened

    home = Home.from_environment()
    if out.exists():
        raise Refused(f"{out} is there already.")
    with opened(home) as logins:
        proof = prove(logins.url("induct_platform"), HeadsFolder(home.witness))
    if proof.faults:
        raise Refused("The trail is not whole: induct audit verify")
    whole = Proof(proof.report, (), read_ledger(()), proof.guards)
    out.write_bytes(whole.heads(datetime.now(UTC)))
    say(f"{proof.report.streams} streams: {out}")


@app.command()
def restart(
    reason: Annotated[str, typer.Option(help="Why the trail does not go on from what was noted.")],
    actor: Annotated[str, typer.Option(help="Who says so.")],
) -> None:
    """After a restore: note the trail as it is now, and compare it from here on."""
    from infra.database import proof
    from infra.database.audit_heads import HeadsBroken
    from infra.database.heads_store import HeadsFolder
    from infra.local.database import opened

    if not reason.strip() or not actor.strip():
        raise Refused("A reason and a name are asked for.")
    home = Home.from_environment()
    with opened(home) as logins:
        url, store = logins.url("induct_platform"), HeadsFolder(home.witness)
        try:
            number = proof.restart(url, store, datetime.now(UTC), reason=reason, actor=actor)
        except HeadsBroken as error:
            raise Refused(str(error)) from None
    say(f"The heads begin anew with number {number}.")


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
