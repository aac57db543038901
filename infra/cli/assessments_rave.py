"""``induct assessments rave-user``: who may come in by Rave Web Services."""

from typing import Annotated

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home

app = typer.Typer(help="Credentials of Rave Web Services.", no_args_is_help=True)
User = Annotated[str, typer.Argument(help="The name to log in with; given once for good.")]
Network = Annotated[
    list[str] | None, typer.Option(help="A network that it comes from, as CIDR; any unless named.")
]
Study = Annotated[str, typer.Option(help="The one study that it is for.")]


@app.command()
def add(
    user: User,
    study: Study = "NCT05748171",
    role: Annotated[str, typer.Option(help="edc writes and reads; others read.")] = "edc",
    site: Annotated[
        list[str] | None, typer.Option(help="Sites; all unless named. A role of sites needs one.")
    ] = None,
    network: Network = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "credential given",
) -> None:
    """Give a credential and show its secret, once."""
    from infra.database import rave_users
    from infra.local.database import opened

    wanted = rave_users.RaveUser(
        user, study, role, tuple(site or ["*"]), "active", tuple(network or ())
    )
    with opened(Home.from_environment()) as logins:
        try:
            secret = rave_users.add(logins.migrator, wanted, reason=reason)
        except rave_users.CredentialRefused as refusal:
            raise Refused(str(refusal)) from None
    say(f"{user} may come in as {role} of {study}. Its secret, shown this once:")
    say(secret)


@app.command()
def bind(
    user: User,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    study: Study = "NCT05748171",
    network: Network = None,
) -> None:
    """Let a credential come from these networks alone; none named: from any."""
    from infra.database import rave_users
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        try:
            rave_users.bind(logins.migrator, user, study, network or [], reason=reason)
        except rave_users.CredentialRefused as refusal:
            raise Refused(str(refusal)) from None
    say(f"{user} may come from {', '.join(network or ['any network'])}.")


@app.command()
def revoke(user: User, study: Study = "NCT05748171") -> None:
    """Take a credential back, at once and for good."""
    from infra.database import rave_users
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        try:
            rave_users.revoke(logins.migrator, user, study)
        except rave_users.CredentialRefused as refusal:
            raise Refused(str(refusal)) from None
    say(f"{user} is revoked.")


@app.command("list")
def list_users() -> None:
    """Show every credential ever given; never a secret."""
    from infra.database import rave_users
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        rows = rave_users.listed(logins.migrator)
    table(
        ("user", "study", "role", "sites", "networks", "state"),
        [
            (
                row.user,
                row.study,
                row.role,
                ",".join(row.sites),
                ",".join(row.networks) or "any",
                row.state,
            )
            for row in rows
        ],
    )
