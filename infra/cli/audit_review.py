"""``induct audit review`` and ``sign-off``: what of the trail somebody should look at."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli import accounts
from infra.cli.console import Refused, say, table
from infra.local.home import AUDIENCE, Home

Study = Annotated[str, typer.Option(help="Which study, such as NCT05748171.")]
Of = Annotated[str, typer.Option(help="What is reviewed: trail, or accounts.")]
Which = Annotated[int | None, typer.Option(help="Which review; the newest, if none.")]
Now = Annotated[bool, typer.Option("--now", help="Make one up to this moment first.")]
Unsigned = Annotated[bool, typer.Option("--unsigned", help="Each that nobody has signed off.")]
AsJson = Annotated[bool, typer.Option("--json", help="All of it as JSON.")]
Out = Annotated[Path | None, typer.Option(help="Write all of it as JSON into a file.")]
Number = Annotated[int, typer.Option(help="Which review.")]
Comment = Annotated[str, typer.Option(help="What was looked at, and what came of it.")]
Token = Annotated[
    str, typer.Option(help="A signature: induct sign --meaning audit-reviewed --role auditor ...")
]
HEADS = ("place", "who", "role", "about", "times", "last")
# Answers a review by its number, or the newest.
Ask = Callable[[int | None], dict[str, Any]]


def review(
    study: Study,
    of: Of = "trail",
    number: Which = None,
    now: Now = False,
    unsigned: Unsigned = False,
    as_json: AsJson = False,
    out: Out = None,
) -> None:
    """Show a review of accounts, or of the audit trail, as one is made each night: late entries,
    edits after a signature, changes of endpoints, odd hours, repeated corrections, unblinded and
    refused reads, overrides."""
    from infra.database.kept_reviews import NoReview
    from infra.database.reviewing import NothingSaid, show
    from infra.local.database import opened
    from shared.http.problems import Problem

    with opened(Home.from_environment()) as logins:
        url = logins.url("induct_platform")
        try:
            if now:
                show(url, study, of=of, now=True)
            found = gather(lambda which: show(url, study, which, of=of), number, unsigned=unsigned)
        except (NoReview, NothingSaid, Problem) as error:
            raise Refused(str(error)) from None
    tell(found, as_json=as_json, out=out, several=unsigned)


def gather(ask: Ask, number: int | None, *, unsigned: bool) -> list[dict[str, Any]]:
    """The review that is asked for, or all that are not signed off, oldest first."""
    if not unsigned:
        return [ask(number)]
    return [ask(each) for each in ask(None)["unsigned"]]


def tell(
    found: list[dict[str, Any]], *, as_json: bool, out: Path | None, several: bool = False
) -> None:
    """Say the reviews, as they came in JSON; ``several``: a list, of whatever length."""
    told = [{"study": each["study"], **each["review"]} for each in found]
    text = json.dumps(told if several else told[0], indent=1)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
        say(str(out))
        return
    if as_json:
        say(text)
        return
    for each in found:
        _show(each["review"])
    left = found[-1]["unsigned"] if found else []
    say(f"\nNot signed off: {', '.join(map(str, left))}" if left else "\nAll are signed off.")


def _show(review: dict[str, Any]) -> None:
    said = (review["number"], _minute(review["from"]), _minute(review["to"]))
    say("Review {}, {} to {}.".format(*said))
    say(f"SHA-256 {review['sha256']}")
    if "rules" in review:
        _show_rules(review)
    else:
        accounts.show(review)
    for each in review["signatures"]:
        say(f"\nSigned off by {each['name']} ({each['role']}), {_minute(each['at'])} UTC.")


def _show_rules(review: dict[str, Any]) -> None:
    for name, rule in review["rules"].items():
        say(f"\n{name} {rule['title']}: {rule['count']}")
        if rule["rows"]:
            say(rule["question"])
            table(HEADS, [_cells(row) for row in rule["rows"]])


def _minute(instant: str) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M}"


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    words = [row[key] or "" for key in ("place", "actor", "role", "about")]
    return (*words, row["times"], row["last_at"][:16])


def sign_off(
    study: Study, number: Number, comment: Comment, signature: Token, of: Of = "trail"
) -> None:
    """Sign a review off: its findings cannot change afterwards without breaking the signature."""
    from infra.database.kept_reviews import NoReview
    from infra.database.reviewing import NothingSaid, sign_review
    from infra.local.database import opened
    from shared.http.problems import Problem
    from shared.identity.signatures import SignatureVerifier
    from shared.identity.tokens import KeySet

    home = Home.from_environment()
    verifier = SignatureVerifier(home.url, AUDIENCE, KeySet(home.issuer().key_set))
    try:
        with opened(home) as logins:
            url = logins.url("induct_platform")
            done = sign_review(url, study, number, comment, signature, verifier, of=of)
    except (NoReview, NothingSaid, Problem) as error:
        raise Refused(str(error)) from None
    signed(number, done.name)


def signed(number: int, name: str) -> None:
    say(f"Review {number} is signed off by {name}.")
