"""``induct study``: definitions, and which of them are in force."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli import study_documents
from infra.cli.console import Refused, say, table
from infra.local.home import Home

app = typer.Typer(help="Study definitions: validate, activate, list.", no_args_is_help=True)
app.command("dictionary")(study_documents.dictionary)
app.command("forms")(study_documents.forms)
File = Annotated[Path, typer.Argument(help="A study definition (YAML).")]


@app.command()
def validate(file: File) -> None:
    """Explain every fault of a definition, by line and path."""
    from shared.study import assumed_values
    from shared.study.loading import load_definition, validate_file

    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    faults = validate_file(file)
    for fault in faults:
        say(f"{file}:{fault.line}:{fault.column}: {fault.path or 'the file'}: {fault.message}")
    if faults:
        raise Refused(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {file.name}.")
    definition = load_definition(file)
    assumed = assumed_values(definition)
    say(f"{definition.id} {definition.version} is valid.")
    if assumed:
        say(f"{len(assumed)} of its values are assumed, because the public record is silent:")
        for value in assumed:
            say(f"  {value.path}: {value.value}")


@app.command()
def activate(
    file: File,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    live: Annotated[bool, typer.Option("--live", help="A real trial, not a training one.")] = False,
    actor: Annotated[str, typer.Option(help="Who, for the audit trail.")] = "operator",
) -> None:
    """Put a definition in force."""
    from infra.database.studies import activate as put_in_force
    from infra.local.database import opened
    from shared.study.loading import load_definition, validate_file

    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    if validate_file(file):
        raise Refused(f"{file} has faults: induct study validate {file}")
    with opened(Home.from_environment()) as logins:
        done = put_in_force(
            logins.migrator,
            load_definition(file),
            mode="live" if live else "training",
            actor=actor,
            reason=reason,
        )
    words = "is in force" if done.changed else "was in force already"
    say(f"{done.study} {done.version} {words} ({done.mode}, {done.definition_hash[:12]}).")


@app.command("list")
def list_studies() -> None:
    """Show the definitions that ship with Induct and the studies in force."""
    import psycopg

    from infra.local.database import opened
    from shared.study.loading import shipped_definitions

    for study, path in shipped_definitions().items():
        say(f"ships: {study}  {path}")
    with (
        opened(Home.from_environment()) as logins,
        psycopg.connect(logins.url("induct_platform")) as connection,
    ):
        rows = connection.execute(
            "SELECT study_id, definition_version, mode, state, left(definition_hash, 12)"
            " FROM platform.study ORDER BY study_id"
        ).fetchall()
    table(("study", "version", "mode", "state", "definition"), rows)
