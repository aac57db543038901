"""``induct assessments rave-user`` and ``induct ops rave-user``: who may come in by Rave Web
Services."""

from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.cli.deployment import in_both_homes
from infra.local.home import Home

User = Annotated[str, typer.Argument(help="The name to log in with; given once for good.")]
Network = Annotated[
    list[str] | None, typer.Option(help="A network that it comes from, as CIDR; any unless named.")
]
Study = Annotated[str, typer.Option(help="The one study that it is for.")]
Actor = Annotated[str, typer.Option(help="Who does it, for the audit trail.")]


def _here(**event: Any) -> dict[str, Any]:
    from infra.database.rave_commands import credential
    from infra.database.rave_users import CredentialRefused
    from infra.local.database import opened

    try:
        with opened(Home.from_environment()) as logins:
            return credential(logins.migrator, event)
    except CredentialRefused as refusal:
        raise Refused(str(refusal)) from None


# Each command is added to both.
app, on_aws = in_both_homes("rave-user", _here, "Credentials of Rave Web Services.")


@app.command()
@on_aws.command()
def add(
    context: typer.Context,
    user: User,
    study: Study = "NCT05748171",
    role: Annotated[str, typer.Option(help="edc writes and reads; others read.")] = "edc",
    site: Annotated[
        list[str] | None, typer.Option(help="Sites; all unless named. A role of sites needs one.")
    ] = None,
    network: Network = None,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")] = "credential given",
    actor: Actor = "operator",
) -> None:
    """Give a credential and show its secret, once."""
    words = {"sites": site or ["*"], "networks": network or [], "reason": reason, "actor": actor}
    told = context.obj(step="add", user=user, study=study, role=role, **words)
    say(f"{user} may come in as {role} of {study}. Its secret, shown this once:")
    say(told["secret"])


@app.command()
@on_aws.command()
def bind(
    context: typer.Context,
    user: User,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    study: Study = "NCT05748171",
    network: Network = None,
    actor: Actor = "operator",
) -> None:
    """Let a credential come from these networks alone; none named: from any."""
    words = {"networks": network or [], "reason": reason, "actor": actor}
    context.obj(step="bind", user=user, study=study, **words)
    say(f"{user} may come from {', '.join(network or ['any network'])}.")


@app.command()
@on_aws.command()
def revoke(
    context: typer.Context, user: User, study: Study = "NCT05748171", actor: Actor = "operator"
) -> None:
    """Take a credential back, at once and for good."""
    context.obj(step="revoke", user=user, study=study, actor=actor)
    say(f"{user} is revoked.")


@app.command("list")
@on_aws.command("list")
def list_users(context: typer.Context) -> None:
    """Show every credential ever given; never a secret."""
    rows = [
        (
            row["user"], row["study"], row["role"], ",".join(row["sites"]),
            ",".join(row["networks"]) or "any", row["state"],
        )
        for row in context.obj(step="list")["users"]
    ]  # fmt: skip
    table(("user", "study", "role", "sites", "networks", "state"), rows)
