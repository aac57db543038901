"""``induct audit access``, ``revoke`` and ``bind``: who had which rights at an instant, whose end
now, and from where an account may call."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home


def access(
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    as_of: Annotated[
        str | None, typer.Option(help="An instant with an offset, such as 2026-03-01T00:00Z; now.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The report as JSON.")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail where an account is to be asked about.")
    ] = False,
) -> None:
    """Tell who held which role at which sites at an instant, which accounts to ask about, who was
    told arms and who was refused in the days before."""
    from infra.database.access import access_history
    from infra.local.database import opened

    at = instant(as_of)
    with opened(Home.from_environment()) as logins:
        found = access_history(logins.url("induct_platform"), study, at).to_json()
    if as_json:
        say(json.dumps(found, indent=2))
    else:
        tell(found)
    if check and found["findings"]:
        raise Refused(f"{len(found['findings'])} accounts are to be asked about.")


def revoke(
    account: Annotated[str, typer.Argument(help="The account, as tokens name it (`sub`).")],
    actor: Annotated[str, typer.Option(help="Who revokes.")],
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """End an account's tokens now: the next request with one is refused. Close the account at the
    issuer first, or it fetches another."""
    from infra.database import revocation
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        try:
            at = revocation.revoke(
                logins.url("induct_platform"), account, actor=actor, reason=reason
            )
        except ValueError as error:
            raise Refused(str(error)) from None
    say(f"No token of {account} holds that was issued before {at.isoformat()}.")


def bind(
    account: Annotated[str, typer.Argument(help="The account, as tokens name it (`sub`).")],
    actor: Annotated[str, typer.Option(help="Who binds.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    network: Annotated[
        list[str] | None, typer.Option(help="A network, as CIDR; repeatable. None: any.")
    ] = None,
) -> None:
    """Let an account call from these networks alone; a call from another one is refused and written
    down."""
    from infra.database import binding
    from infra.local.database import opened

    with opened(Home.from_environment()) as logins:
        try:
            _, spelled = binding.bind(
                logins.url("induct_platform"), account, network or [], actor=actor, reason=reason
            )
        except ValueError as error:
            raise Refused(str(error)) from None
    say_bound(account, spelled)


def say_bound(account: str, networks: list[str]) -> None:
    say(f"{account} may call from {', '.join(networks) or 'any network'}.")


def instant(given: str | None) -> datetime:
    """The instant that was meant. Raises ``Refused`` for one without an offset."""
    if given is None:
        return datetime.now(UTC)
    try:
        at = datetime.fromisoformat(given)
    except ValueError:
        raise Refused(f"{given} is no instant, such as 2026-03-01T00:00Z.") from None
    if at.tzinfo is None:
        raise Refused(f"{given} wants an offset, such as Z or +01:00.")
    return at


def tell(found: dict[str, Any]) -> None:
    """Say the report, as it came in JSON."""
    say(f"{found['study']} as of {found['as_of']}: {len(found['held'])} rights were good")
    table(
        ("Account", "Role", "Sites", "Since", "Until", "Rights"),
        (
            (h["account"], h["role"], ",".join(h["sites"]), h["since"], h["until"],
             " ".join(h["scopes"]))
            for h in found["held"]
        ),
    )  # fmt: skip
    for account, until in found["expired"].items():
        say(f"expired: {account}, {until}")
    for account, at in found["revoked"].items():
        say(f"revoked: {account}, {at}")
    for one in found["findings"]:
        say(f"ask about {one['account']}: {one['what']} ({one['code']})")
    table(
        ("Told arms", "Account", "Role", "What", "About"),
        ((r["at"], r["account"], r["role"], r["what"], r["about"]) for r in found["reads"]),
    )
    table(
        ("Refused", "Role", "What", "Why", "Times", "Last"),
        (
            (d["account"], d["role"], d["operation"], d["problem"], d["times"], d["last_at"])
            for d in found["denied"]
        ),
    )
