"""``induct audit redaction`` and ``induct ops redaction``: words that must not be in the trail, by
two persons."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.cli.deployment import in_both_homes
from infra.local.home import AUDIENCE, Home

SIDES = {"new": "new_value", "old": "old_value", "reason": "reason"}
HEADS = ("number", "subject", "about", "category", "asked by", "decision", "by")
Study = Annotated[str, typer.Option(help="Which study, such as NCT05748171.")]
Number = Annotated[int, typer.Option(help="Which request.")]
Why = Annotated[str, typer.Option(help="Why, for the audit trail; without the words themselves.")]
Out = Annotated[Path | None, typer.Option(help="Write what is to be signed into a file.")]
Signed = Annotated[
    str, typer.Option(help="A signature of a sponsor or an administrator (see show).")
]


def _here(**event: Any) -> dict[str, Any]:
    from infra.database.redacting import redact
    from infra.database.redaction_proposal import NotRedactable
    from infra.local.database import opened
    from shared.http.problems import Problem
    from shared.identity.signatures import SignatureVerifier
    from shared.identity.tokens import KeySet

    home = Home.from_environment()
    verifier = SignatureVerifier(home.url, AUDIENCE, KeySet(home.issuer().key_set))
    try:
        with opened(home) as logins:
            return redact(logins.url("induct_platform"), verifier, event)
    except (NotRedactable, Problem) as error:
        raise Refused(str(error)) from None


# Each command is added to both.
app, on_aws = in_both_homes(
    "redaction", _here, "Words that must not be in the trail, by two persons."
)


@app.command()
@on_aws.command()
def request(
    context: typer.Context,
    study: Study,
    table_name: Annotated[
        str, typer.Option("--table", help="Table of the entry, such as assessments.item.")
    ],
    key: Annotated[str, typer.Option(help="Its row's key, such as RECORD/VERSION.")],
    field: Annotated[str, typer.Option(help="Its field, such as an item's name.")],
    category: Annotated[str, typer.Option(help="What it is, such as identifying-text.")],
    why: Why,
    words: Annotated[
        Path | None,
        typer.Option(help="A file with the words, where they are a part of the field only."),
    ] = None,
    where: Annotated[str, typer.Option(help="Part of the entry: new, old or reason.")] = "new",
    entry: Annotated[
        int | None, typer.Option(help="Its number in its stream, where there are several.")
    ] = None,
    out: Out = None,
    signature: Annotated[
        str | None,
        typer.Option(help="induct sign --meaning redaction-requested --body FILE ..."),
    ] = None,
) -> None:
    """Say what would go; with a signature over exactly that, ask for it. No word is shown."""
    if where not in SIDES:
        raise Refused("--where is new, old or reason.")
    asked = {
        "study": study, "table": table_name, "key": key, "field": field, "category": category,
        "justification": why, "words": _words(words), "side": SIDES[where], "seq": entry,
    }  # fmt: skip
    if signature is not None:
        number = _do(context, "request", **asked, signature=signature)["number"]
        say(f"Request {number} waits for another person: induct audit redaction show")
        return
    told = _do(context, "propose", **asked)
    _show(told["content"]["places"], told["stays"])
    for subject, count in sorted(told["elsewhere"].items()):
        say(f"Also at {subject}, {count} places, which stay: ask there too.")
    _write(out, told["content"])


@app.command()
@on_aws.command()
def show(context: typer.Context, study: Study, number: Number, out: Out = None) -> None:
    """Show a request that waits, to decide about it."""
    told = _do(context, "show", study=study, number=number)
    asked = told["content"]["request"]
    say(f"{asked['category']}: {asked['justification']}")
    _show(asked["places"], told["stays"])
    _write(out, told["content"])


@app.command()
@on_aws.command()
def approve(
    context: typer.Context, study: Study, number: Number, why: Why, signature: Signed
) -> None:
    """Approve a request as the second person, and do it. There is no way back."""
    done = _do(context, "approve", study=study, number=number, reason=why, signature=signature)
    say(f"Redaction {number} is done: {done['marked']} rows marked. Now: induct audit verify")


@app.command()
@on_aws.command()
def refuse(
    context: typer.Context, study: Study, number: Number, why: Why, signature: Signed
) -> None:
    """Refuse a request as the second person; nothing is taken out."""
    _do(context, "refuse", study=study, number=number, reason=why, signature=signature)
    say(f"Request {number} is refused.")


@app.command("list")
@on_aws.command("list")
def list_all(context: typer.Context, study: Study) -> None:
    """All requests of a study: who asked, who decided, and what about."""
    rows = [
        (
            row["number"], row["subject_id"] or "", f"{row['table_name']}.{row['field']}",
            row["category"], row["requested_by"], row["decision"] or "waits",
            row["decided_by"] or "",
        )
        for row in _do(context, "list", study=study)["requests"]
    ]  # fmt: skip
    table(HEADS, rows)


def _do(context: typer.Context, step: str, **words: Any) -> dict[str, Any]:
    """Have a step done where the command's group says: here, or by a deployment."""
    done: dict[str, Any] = context.obj(step=step, **words)
    return done


def _words(file: Path | None) -> str | None:
    """What a file holds, but for the line break that an editor puts at its end."""
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{file} cannot be read as text.") from None


def _show(places: Sequence[Mapping[str, Any]], stays: Sequence[str]) -> None:
    rows = [
        (f"{one['table']}.{one['column']}", "/".join(map(str, one["key"].values())), one["times"])
        for one in places
    ]
    table(("place", "row", "times"), rows)
    for each in stays:
        say(f"Stays: {each}")


def _write(out: Path | None, content: Mapping[str, Any]) -> None:
    if out is not None:
        out.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
        say(str(out))
