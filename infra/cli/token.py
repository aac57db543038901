"""``induct token``: a bearer token from the local issuer."""

from typing import Annotated

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home
from shared.identity.matrix import matrix


def token(
    role: Annotated[str, typer.Option(help="A role of the role matrix, such as coordinator.")],
    study: Annotated[list[str] | None, typer.Option(help="Study; repeatable.")] = None,
    site: Annotated[list[str] | None, typer.Option(help="Site; repeatable.")] = None,
    client: Annotated[
        str | None, typer.Option(help="Who asks, as the audit trail will say.")
    ] = None,
    hours: Annotated[int, typer.Option(min=1, max=720, help="How long it is valid.")] = 12,
) -> None:
    """Print a bearer token for calls to a stack on this machine."""
    known = matrix().roles.get(role)
    if known is None:
        raise Refused(f"There is no role {role!r}. Roles: {', '.join(matrix().roles)}.")
    if not study:
        raise Refused("A token is for a study: --study NCT05748171")
    if not site and not known.all_sites:
        raise Refused(f"A {role} works at a site: --site S01")
    issued = (
        Home.from_environment()
        .issuer()
        .token(
            client=client or f"{role}-local",
            role=role,
            studies=study,
            sites=site or ["*"],
            lifetime=hours * 3600,
        )
    )
    say(issued)
