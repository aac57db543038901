"""``induct ops``: rights of accounts on AWS, and reviews of what was done with them."""

from typing import Annotated

import typer

from infra.cli import access, audit_review
from infra.cli import accounts as of_accounts
from infra.cli.audit_review import (
    AsJson,
    Comment,
    Now,
    Number,
    Of,
    Out,
    Study,
    Token,
    Unsigned,
    Which,
)
from infra.cli.console import say
from infra.cli.deployment import Stage, ask


def show_access(
    stage: Stage,
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    as_of: Annotated[str | None, typer.Option(help="An instant with an offset; now.")] = None,
) -> None:
    """Tell who held which rights at an instant, who was told arms, and who was refused."""
    access.tell(ask(stage, "access", study=study, as_of=access.instant(as_of).isoformat()))


def accounts(
    stage: Stage,
    study: Study,
    lists: of_accounts.Lists,
    keep: of_accounts.Keep = False,
    as_json: of_accounts.AsJson = False,
) -> None:
    """Name the accounts that nobody needs, that the issuer does not know, and that hold what is to
    be apart; end with 1 where there is one."""
    listed = of_accounts.gather(lists).to_json()
    of_accounts.tell(ask(stage, "accounts", study=study, list=listed, keep=keep), as_json=as_json)


def revoke(
    account: Annotated[str, typer.Argument(help="The account, as tokens name it (`sub`).")],
    stage: Stage,
    actor: Annotated[str, typer.Option(help="Who revokes.")],
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """End an account's tokens now; close the account at the issuer first."""
    at = ask(stage, "revoke", account=account, actor=actor, reason=reason)["revoked_at"]
    say(f"No token of {account} holds that was issued before {at}.")


def bind(
    account: Annotated[str, typer.Argument(help="The account, as tokens name it (`sub`).")],
    stage: Stage,
    actor: Annotated[str, typer.Option(help="Who binds.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    network: Annotated[
        list[str] | None, typer.Option(help="A network, as CIDR; repeatable. None: any.")
    ] = None,
) -> None:
    """Let an account call from these networks alone."""
    words = {"account": account, "networks": network or [], "actor": actor, "reason": reason}
    access.say_bound(account, ask(stage, "bind", **words)["networks"])


def review(
    stage: Stage,
    study: Study,
    of: Of = "trail",
    number: Which = None,
    now: Now = False,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Show a review of a deployment: of its trail, as one is made each night, or of accounts."""
    if now:
        ask(stage, "review", study=study, of=of, now=True)
    found = audit_review.gather(
        lambda which: ask(stage, "review", study=study, of=of, number=which),
        number,
        unsigned=unsigned,
    )
    audit_review.tell(found, as_json=as_json, out=out, several=unsigned)


def sign_off(
    stage: Stage,
    study: Study,
    number: Number,
    comment: Comment,
    signature: Token,
    of: Of = "trail",
) -> None:
    """Sign a review off with an auditor's signature; the function verifies it by the issuer's
    keys."""
    done = ask(
        stage, "sign-off", study=study, of=of, number=number, comment=comment, signature=signature
    )
    audit_review.signed(number, done["name"])
