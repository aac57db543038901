"""``induct sign``: an electronic signature from the local issuer."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home
from shared.identity.matrix import matrix


def sign(
    role: Annotated[str, typer.Option(help="Role of the signer, such as investigator.")],
    meaning: Annotated[
        str, typer.Option(help="What the signature means, such as eligible-and-randomize.")
    ],
    study: Annotated[
        list[str] | None, typer.Option(help="Study, such as NCT05748171; repeatable.")
    ] = None,
    site: Annotated[list[str] | None, typer.Option(help="Site, such as S01; repeatable.")] = None,
    name: Annotated[
        str | None, typer.Option(help="The signer's name, as it is printed beside the record.")
    ] = None,
    client: Annotated[
        str | None, typer.Option(help="The signer's account, as the audit trail will say.")
    ] = None,
    body: Annotated[
        Path | None,
        typer.Option(help="File with the request's JSON: the signature is good for no other."),
    ] = None,
) -> None:
    """Print a signature for one call to a stack on this machine. It lives for five minutes.

    Send it as the header Induct-Signature beside the bearer token, which may be another person's:
    a coordinator asks for an allocation, an investigator signs. It is spent by the record it signs;
    a retry with the same Idempotency-Key needs none.
    """
    from shared.http.problems import SignatureInvalid
    from shared.identity.issuer import SignatureRequest

    _check(role, meaning)
    if not study:
        raise Refused("A signature is for a study: --study NCT05748171")
    if not site and not matrix().roles[role].all_sites:
        raise Refused(f"A {role} works at a site: --site S01")
    asked = SignatureRequest(
        client=client or f"{role}-local",
        name=name or f"{matrix().roles[role].title} on this machine",
        role=role,
        meaning=meaning,
        studies=study,
        sites=site or ["*"],
        content_sha256=None if body is None else _hash_of(body),
    )
    try:
        issued = Home.from_environment().issuer().signature(asked)
    except SignatureInvalid:
        raise Refused(
            "This cannot be signed: studies and sites are codes, names have no control characters."
        ) from None
    say(issued)


def _check(role: str, meaning: str) -> None:
    if role not in matrix().roles:
        raise Refused(f"There is no role {role!r}. Roles: {', '.join(matrix().roles)}.")
    meanings = matrix().meanings()
    if meaning not in meanings:
        raise Refused(f"Nothing is signed as {meaning!r}. Meanings: {', '.join(sorted(meanings))}.")
    if role not in meanings[meaning]:
        signers = ", ".join(sorted(meanings[meaning]))
        raise Refused(f"A {role} does not sign {meaning}. Who does: {signers}.")


def _hash_of(body: Path) -> str:
    from shared.database.idempotency import content_hash
    from shared.http.problems import Problem
    from shared.http.strict_json import decode

    try:
        return content_hash(decode(body.read_bytes()))
    except OSError:
        raise Refused(f"There is no file {body}.") from None
    except Problem as problem:
        raise Refused(f"{body}: {problem}") from None
