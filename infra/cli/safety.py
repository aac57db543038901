"""``induct safety``: due dates, E2B(R3) files and forms without a server."""

import json
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.console import Refused, say, table
from infra.cli.safety_check import check_icsr
from infra.cli.safety_clocks import clocks
from infra.cli.safety_icsr import icsr

if TYPE_CHECKING:
    from services.safety.e2b.rules.issues import Context
    from services.safety.e2b.schema import SchemaSet
    from services.safety.e2b.validation import Validation

app = typer.Typer(
    help="Due dates from dated facts; safety reports as files: E2B(R3) messages,"
    " acknowledgements, the CIOMS I form.",
    no_args_is_help=True,
)
e2b = typer.Typer(help="E2B(R3) messages.", no_args_is_help=True)
app.add_typer(e2b, name="e2b")
app.command("clocks")(clocks)
app.command("icsr")(icsr)
app.command("check-icsr")(check_icsr)
File = Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for machines.")]


@e2b.command()
def validate(
    file: File,
    profile: Annotated[str, typer.Option(help="For whom it is: ich, fda_ind, eu_ctr.")] = "ich",
    schemas: Annotated[
        Path | None, typer.Option(help="Folder of the ICH schemas; INDUCT_E2B_SCHEMAS if left out.")
    ] = None,
    meddra: Annotated[
        Path | None, typer.Option(help="Folder of your MedDRA version, to look codes up.")
    ] = None,
    follow_up: Annotated[
        bool | None,
        typer.Option("--follow-up/--initial", help="Whether the case was sent to them before."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a message: by the ICH schemas, then by the named rules of whom it is for.

    Ends with 1 where something keeps it from being sent.
    """
    from services.safety.e2b import validation
    from services.safety.e2b.rules.issues import Profile
    from services.safety.e2b.schema import SchemasMissingError
    from services.safety.e2b.wire import NotReadableError

    if profile not in {one.value for one in Profile}:
        raise Refused(f"--profile is one of {', '.join(one.value for one in Profile)}.")
    context = _context(meddra, None if follow_up is None else not follow_up)
    try:
        found = validation.validate(file.read_bytes(), Profile(profile), context, _schemas(schemas))
    except SchemasMissingError as error:
        raise Refused(f"Nothing is judged without the ICH schemas: {error}.") from None
    except NotReadableError as error:
        raise Refused(f"{file.name} is no E2B(R3) message: {error.words}.") from None
    say(json.dumps(asdict(found), indent=2)) if as_json else _show(found)
    if not found.may_be_sent:
        raise typer.Exit(1)


@e2b.command()
def rules() -> None:
    """List every rule of the FDA's table, held or not and why, and every rule of our own files."""
    from services.safety.e2b.rules import coverage
    from services.safety.e2b.rules.dictionary import elements
    from services.safety.e2b.rules.registry import sheets

    told = [(one.id, one.fda or "", one.severity, one.text) for one in sheets().values()]
    table(("rule", "FDA", "severity", "what holds"), told)
    say()
    reasons = coverage.fda_listed()
    table(("not held", "why"), sorted(reasons.items()))
    say()
    kinds = sum(len(coverage.kinds_of(one)) for one in elements().values())
    held = len(coverage.fda_held())
    say(f"{len(elements())} elements are held to {kinds} rules ICH.<element>.<KIND>.")
    say(f"Of the FDA's table {held} rules are held and {len(reasons)} are not.")


@app.command()
def ack(file: File, as_json: AsJson = False) -> None:
    """Read an acknowledgement (ICSRACK): what became of the batch and of each report."""
    from services.safety.e2b.acknowledgement.parse import NotAnAnswerError, parse
    from services.safety.e2b.wire import NotReadableError

    try:
        answer = parse(file.read_bytes())
    except NotReadableError as error:
        raise Refused(f"{file.name} is no acknowledgement: {error.words}.") from None
    except NotAnAnswerError as error:
        raise Refused(f"{file.name} is no acknowledgement: {error}.") from None
    if as_json:
        say(json.dumps(asdict(answer), indent=2))
        return
    say(f"Batch {answer.batch}: {answer.code}. {answer.text or ''}".rstrip())
    table(
        ("report", "answer", "created", "text"),
        [
            (one.target, one.code, one.created.text if one.created else "", one.text or "")
            for one in answer.messages
        ],
    )


@app.command()
def cioms(
    file: File,
    out: Annotated[Path, typer.Option(help="Folder to write the forms to.")] = Path(),
    report_date: Annotated[
        str | None, typer.Option(help="Date of this report; the day of creation if left out.")
    ] = None,
    follow_up: Annotated[
        bool | None, typer.Option("--follow-up/--initial", help="What is ticked in box 25a.")
    ] = None,
) -> None:
    """Print each report of an E2B(R3) message as a CIOMS I form."""
    from services.safety.documents.cioms import cioms_pdf, file_name
    from services.safety.documents.from_report import cioms_form
    from services.safety.documents.glyphs import MissingGlyphError
    from services.safety.e2b.parse import parse
    from services.safety.e2b.wire import NotReadableError

    try:
        batch = parse(file.read_bytes())
    except NotReadableError as error:
        raise Refused(f"{file.name} is no E2B(R3) message: {error.words}.") from None
    for message in batch.messages:
        day = _day(report_date, message.report.c_1.c_1_2)
        form = cioms_form(message.report, report_date=day, follow_up=follow_up)
        try:
            (out / file_name(form)).write_bytes(cioms_pdf(form))
        except MissingGlyphError as error:
            raise Refused(f"{form.control_number} cannot be set: {error}.") from None
        say(str(out / file_name(form)))


def _context(meddra: Path | None, initial: bool | None) -> "Context":
    from services.safety.e2b.rules.issues import Context
    from services.safety.e2b.terminology.asc import TerminologyError
    from services.safety.e2b.terminology.meddra import load_meddra

    try:
        terms = None if meddra is None else load_meddra(meddra)
    except TerminologyError as error:
        raise Refused(f"MedDRA cannot be loaded: {error}.") from None
    return Context(now=datetime.now(UTC), initial=initial, terminology=terms)


def _schemas(folder: Path | None) -> "SchemaSet":
    from services.safety.e2b.schema import FOLDER_VARIABLE, schema_set

    return schema_set(None if folder is None else {FOLDER_VARIABLE: str(folder)})


def _day(text: str | None, created: object) -> date:
    from services.safety.e2b.values import Precision, Stamp

    try:
        if text is not None:
            return date.fromisoformat(text)
        if isinstance(created, Stamp) and (created.precision or 0) >= Precision.DAY:
            return date.fromisoformat(created.text[:8])
    except ValueError:
        pass
    raise Refused("--report-date is a date, such as 2026-04-07.")


def _show(found: "Validation") -> None:
    if found.issues:
        table(
            ("rule", "severity", "where", "what"),
            [(one.id, one.severity, one.path, one.text) for one in found.issues],
        )
    verdict = "It may be sent." if found.may_be_sent else "It may not be sent."
    say(f"{len(found.issues)} issues. {verdict}")
    if found.terminology is None:
        say("MedDRA codes were looked at for form only: give --meddra to look them up.")
