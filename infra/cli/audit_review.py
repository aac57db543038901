"""``induct audit review`` and ``sign-off``: what of the trail somebody should look at."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import AUDIENCE, Home

if TYPE_CHECKING:
    from infra.database.review import Review

Study = Annotated[str, typer.Option(help="Which study, such as NCT05748171.")]
HEADS = ("place", "who", "role", "about", "times", "last")


def review(
    study: Study,
    number: Annotated[int | None, typer.Option(help="Which review; the newest, if none.")] = None,
    now: Annotated[bool, typer.Option("--now", help="Make one up to this moment first.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write all of it as JSON into a file.")] = None,
) -> None:
    """Show a review of the audit trail, as one is made each night: late entries, edits after a
    signature, changes of endpoints, odd hours, repeated corrections, unblinded and refused reads,
    overrides."""
    from infra.database.review import NoReview, make_review, reviews
    from infra.database.reviewing import within
    from infra.local.database import opened
    from shared.http.problems import Problem

    with opened(Home.from_environment()) as logins:
        url = logins.url("induct_platform")
        try:
            if now:
                within(url, study, lambda work: make_review(work, work.now))
            found = within(url, study, lambda work: reviews(work, number))
        except (NoReview, Problem) as error:
            raise Refused(str(error)) from None
    if not found:
        raise Refused("There is no such review: one is made each night, or with --now.")
    newest = found[-1]
    if out is not None:
        out.write_text(json.dumps(_as_json(study, newest), indent=1) + "\n", encoding="utf-8")
        say(str(out))
        return
    _show(newest)
    unsigned = [str(each.number) for each in found if not each.signatures]
    if number is None and unsigned:
        say(f"Not signed off: {', '.join(unsigned)}")


def _show(review: "Review") -> None:
    say(
        f"Review {review.number}, {review.from_at:%Y-%m-%d %H:%M} to {review.to_at:%Y-%m-%d %H:%M}."
    )
    for name, rule in review.findings["rules"].items():
        say(f"\n{name} {rule['title']}: {rule['count']}")
        if rule["rows"]:
            say(rule["question"])
            table(HEADS, [_cells(row) for row in rule["rows"]])
    for each in review.signatures:
        say(f"\nSigned off by {each.name} ({each.role}), {each.signed_at:%Y-%m-%d %H:%M} UTC.")


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    words = [row[key] or "" for key in ("place", "actor", "role", "about")]
    return (*words, row["times"], row["last_at"][:16])


def _as_json(study: str, review: "Review") -> dict[str, Any]:
    return {
        "study": study,
        "number": review.number,
        "from": review.from_at.isoformat(),
        "to": review.to_at.isoformat(),
        "sha256": review.sha256,
        **review.findings,
        "signatures": [
            {"name": s.name, "role": s.role, "meaning": s.meaning, "at": s.signed_at.isoformat()}
            for s in review.signatures
        ],
    }


def sign_off(
    study: Study,
    number: Annotated[int, typer.Option(help="Which review.")],
    comment: Annotated[str, typer.Option(help="What was looked at, and what came of it.")],
    signature: Annotated[
        str,
        typer.Option(help="A signature: induct sign --meaning audit-reviewed --role auditor ..."),
    ],
) -> None:
    """Sign a review off: its findings cannot change afterwards without breaking the signature."""
    from infra.database import review as use_cases
    from infra.database.reviewing import rule, within
    from infra.local.database import opened
    from shared.http.problems import Problem
    from shared.identity.signatures import SignatureVerifier
    from shared.identity.tokens import KeySet

    if not comment.strip():
        raise Refused("Say what was looked at: --comment")
    home = Home.from_environment()
    verifier = SignatureVerifier(home.url, AUDIENCE, KeySet(home.issuer().key_set))
    try:
        given = verifier.verify(signature, rule(), study)
        with opened(home) as logins:
            url = logins.url("induct_platform")
            done = within(url, study, lambda work: use_cases.sign_off(work, number, comment), given)
    except (use_cases.NoReview, Problem) as error:
        raise Refused(str(error)) from None
    say(f"Review {number} is signed off by {done.name}.")
