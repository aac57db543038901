"""``induct audit redaction``: words that must not be in the trail, by two persons."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import AUDIENCE, Home

if TYPE_CHECKING:
    from infra.database.redaction_proposal import Proposal
    from shared.database.unit_of_work import UnitOfWork

app = typer.Typer(help="Words that must not be in the trail, by two persons.", no_args_is_help=True)
T = TypeVar("T")
SIDES = {"new": "new_value", "old": "old_value", "reason": "reason"}
Study = Annotated[str, typer.Option(help="Which study, such as NCT05748171.")]
Number = Annotated[int, typer.Option(help="Which request.")]
Why = Annotated[str, typer.Option(help="Why, for the audit trail; without the words themselves.")]
Signed = Annotated[
    str, typer.Option(help="A signature of a sponsor or an administrator (see show).")
]


@app.command()
def request(
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
    out: Annotated[
        Path | None, typer.Option(help="Write what is to be signed into a file (dry run).")
    ] = None,
    signature: Annotated[
        str | None,
        typer.Option(help="induct sign --meaning redaction-requested --body FILE ..."),
    ] = None,
) -> None:
    """Say what would go; with a signature over exactly that, ask for it. No word is shown."""
    from infra.database import redaction, redaction_proposal
    from infra.database.redaction_beyond import beyond

    if where not in SIDES:
        raise Refused("--where is new, old or reason.")
    asked = redaction_proposal.Asked(
        table_name, key, field, category, why, _words(words), SIDES[where], entry
    )
    if signature is not None:
        number = _do(study, lambda work: redaction.request(work, asked), "requested", signature)
        say(f"Request {number} waits for another person: induct audit redaction show")
        return

    def look(work: "UnitOfWork") -> "tuple[Proposal, list[str]]":
        found = redaction_proposal.propose(work, asked)
        return found, beyond(work, found.content["places"])

    proposal, told = _do(study, look)
    _show(proposal.content["places"], told)
    for subject, count in sorted(proposal.elsewhere.items()):
        say(f"Also at {subject}, {count} places, which stay: ask there too.")
    _write(out, proposal.content)


@app.command()
def show(
    study: Study,
    number: Number,
    out: Annotated[Path | None, typer.Option(help="Write what is to be signed.")] = None,
) -> None:
    """Show a request that waits, to decide about it."""
    from infra.database import redaction
    from infra.database.redaction_beyond import beyond

    def look(work: "UnitOfWork") -> tuple[dict[str, Any], list[str]]:
        found = redaction.to_sign(work, number)
        return found, beyond(work, found["request"]["places"])

    content, told = _do(study, look)
    asked = content["request"]
    say(f"{asked['category']}: {asked['justification']}")
    _show(asked["places"], told)
    _write(out, content)


@app.command()
def approve(study: Study, number: Number, why: Why, signature: Signed) -> None:
    """Approve a request as the second person, and do it. There is no way back."""
    from infra.database import redaction

    done = _do(study, lambda work: redaction.approve(work, number, why), "approved", signature)
    say(f"Redaction {number} is done: {done} rows marked. Now: induct audit verify")


@app.command()
def refuse(study: Study, number: Number, why: Why, signature: Signed) -> None:
    """Refuse a request as the second person; nothing is taken out."""
    from infra.database import redaction

    _do(study, lambda work: redaction.refuse(work, number, why), "refused", signature)
    say(f"Request {number} is refused.")


@app.command("list")
def list_all(study: Study) -> None:
    """All requests of a study: who asked, who decided, and what about."""
    from infra.database import redaction

    rows = _do(study, redaction.listing)
    table(
        ("number", "subject", "about", "category", "asked by", "decision", "by"),
        [
            (
                row["number"], row["subject_id"] or "", f"{row['table_name']}.{row['field']}",
                row["category"], row["requested_by"], row["decision"] or "waits",
                row["decided_by"] or "",
            )
            for row in rows
        ],
    )  # fmt: skip


def _do(
    study: str,
    use_case: "Callable[[UnitOfWork], T]",
    meaning: str | None = None,
    token: str | None = None,
) -> T:
    from infra.database.redaction_proposal import NotRedactable
    from infra.database.reviewing import within
    from infra.local.database import opened
    from shared.http.problems import Problem
    from shared.identity.matrix import SignatureRule, matrix
    from shared.identity.signatures import SignatureVerifier
    from shared.identity.tokens import KeySet

    home, given = Home.from_environment(), None
    try:
        if meaning is not None and token is not None:
            means = f"redaction-{meaning}"
            verifier = SignatureVerifier(home.url, AUDIENCE, KeySet(home.issuer().key_set))
            rule = SignatureRule(means, matrix().meanings()[means])
            given = verifier.verify(token, rule, study)
        with opened(home) as logins:
            return within(logins.url("induct_platform"), study, use_case, given)
    except (NotRedactable, Problem) as error:
        raise Refused(str(error)) from None


def _words(file: Path | None) -> str | None:
    """What a file holds, but for the line break that an editor puts at its end."""
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").removesuffix("\n")
    except (OSError, UnicodeDecodeError):
        raise Refused(f"{file} cannot be read as text.") from None


def _show(places: list[Mapping[str, Any]], beyond: list[str]) -> None:
    rows = [
        (
            f"{each['table']}.{each['column']}",
            "/".join(map(str, each["key"].values())),
            each["times"],
        )
        for each in places
    ]
    table(("place", "row", "times"), rows)
    for each in beyond:
        say(f"Stays: {each}")


def _write(out: Path | None, content: Mapping[str, Any]) -> None:
    if out is not None:
        out.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8")
        say(str(out))
