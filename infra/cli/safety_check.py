"""``induct safety check-icsr``: a message judged by schemas and rules, for machines."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, complain, say
from infra.cli.files import contents

if TYPE_CHECKING:
    from services.safety.e2b.rules.issues import Context, Profile
    from services.safety.e2b.schema import SchemaSet
    from services.safety.e2b.validation import Validation

FOUND, UNREADABLE = 1, 2


def check_icsr(
    file: Annotated[Path, typer.Argument(help="An E2B(R3) message (XML).")],
    profile: Annotated[
        str, typer.Option(help="Whose rules, beside ICH's own: ich, fda_ind, eu_ctr.")
    ] = "ich",
    follow_up: Annotated[
        bool | None,
        typer.Option("--follow-up/--initial", help="Whether the case was sent to them before."),
    ] = None,
    not_susar: Annotated[
        bool, typer.Option("--not-susar", help="For eu_ctr: the case is no SUSAR to the EU.")
    ] = False,
) -> None:
    """Judge an E2B(R3) message by the ICH schemas and by the named rules; tell it all as JSON.

    Schemas are looked for in INDUCT_E2B_SCHEMAS, MedDRA in INDUCT_MEDDRA; without them
    schema_set or terminology is null in the answer, and what they would show is not among the
    findings.

    Ends with 0 where nothing stands against it, 1 where something does, 2 where it is no message
    that could be judged.
    """
    try:
        document = _judged(file, profile, None if follow_up is None else not follow_up,
                           susar=not not_susar)  # fmt: skip
    except Refused as refused:
        complain(str(refused))
        raise typer.Exit(UNREADABLE) from None
    say(json.dumps(document, indent=2, ensure_ascii=False))
    if document["in_the_way"]:
        raise typer.Exit(FOUND)


def _judged(file: Path, name: str, initial: bool | None, *, susar: bool) -> dict[str, Any]:
    from services.safety.e2b import validation
    from services.safety.e2b.rules.issues import Profile
    from services.safety.e2b.wire import NotReadableError

    if name not in {one.value for one in Profile}:
        raise Refused(f"--profile is one of {', '.join(one.value for one in Profile)}.")
    profile, raw = Profile(name), contents(file)
    schemas, context = _schemas(), _context(initial, susar=susar)
    try:
        found = validation.judge(raw, profile, context, schemas)
    except NotReadableError as error:
        raise Refused(f"{file.name} is no E2B(R3) message: {error.words}.") from None
    missed = _gate(raw, profile, susar=susar, reported=initial is False)
    return _document(file, found, missed)


def _document(file: Path, found: "Validation", gate: list[dict[str, Any]] | None) -> dict[str, Any]:
    from services.safety.e2b.rules.check import blocking
    from services.safety.e2b.validation import SCHEMA

    closed = [] if gate is None else [each for each in gate if not each["held"]]
    return {
        "file": file.name,
        "sha256": found.sha256,
        "profile": found.profile.value,
        "rule_set": found.rule_set,
        "schema_set": found.schema_set,
        "terminology": found.terminology,
        "in_the_way": len(blocking(found.issues)) + len(closed),
        "schema_findings": [
            {"place": one.path, "text": one.text} for one in found.issues if one.id == SCHEMA
        ],
        "rule_findings": [asdict(one) for one in found.issues if one.id != SCHEMA],
        "gate": gate,
    }


def _gate(
    raw: bytes, profile: "Profile", *, susar: bool, reported: bool
) -> list[dict[str, Any]] | None:
    """The EU's twelve items, message by message; None for other receivers."""
    from services.safety.e2b.parse import parse
    from services.safety.e2b.rules.eu import gate
    from services.safety.e2b.rules.issues import Profile

    if profile is not Profile.EU_CTR:
        return None
    return [
        {"message": number, **asdict(item)}
        for number, message in enumerate(parse(raw).messages, start=1)
        for item in gate(message, susar=susar, reported=reported)
    ]


def _schemas() -> "SchemaSet | None":
    from services.safety.e2b.schema import FOLDER_VARIABLE, SchemasMissingError, schema_set

    try:
        return schema_set()
    except SchemasMissingError as error:
        import os

        # A folder that was named and is not one is a mistake; none named is a choice.
        if os.environ.get(FOLDER_VARIABLE):
            raise Refused(f"The ICH schemas cannot be used: {error}.") from None
        return None


def _context(initial: bool | None, *, susar: bool) -> "Context":
    from services.safety.e2b.rules.issues import Context
    from services.safety.e2b.terminology.asc import TerminologyError
    from services.safety.e2b.terminology.configured import terminology

    try:
        terms = terminology()
    except TerminologyError as error:
        raise Refused(f"MedDRA cannot be loaded: {error}.") from None
    return Context(now=datetime.now(UTC), initial=initial, susar=susar, terminology=terms)
