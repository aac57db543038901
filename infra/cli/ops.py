"""``induct ops``: a deployment on AWS, from an operator's machine.

``infra.aws.remote`` is imported where it is used: no other command waits for AWS' SDK.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from infra.cli import assessments_rave, audit_redaction, ops_people
from infra.cli.console import Refused, say, table
from infra.cli.deployment import Stage, ask

app = typer.Typer(
    help="A deployment on AWS: migrate, activate, status, verify, access, accounts, revoke, bind,"
    " review, sign-off, redaction, rave-user, restored, redrive, hold, release.",
    no_args_is_help=True,
)
Services = Annotated[
    list[str] | None, typer.Argument(help="Which services; all of them where none is named.")
]


app.command("access")(ops_people.show_access)
app.command()(ops_people.accounts)
app.command()(ops_people.revoke)
app.command()(ops_people.bind)
app.command()(ops_people.review)
app.command("sign-off")(ops_people.sign_off)
app.add_typer(audit_redaction.on_aws, name="redaction")
app.add_typer(assessments_rave.on_aws, name="rave-user")


@app.command()
def migrate(stage: Stage) -> None:
    """Make or refresh the database's roles and run outstanding migrations; safe to repeat."""
    done = ask(stage, "migrate")["migrated"]
    say("Migrated." if done else "Every migration had run already.")


@app.command()
def activate(
    file: Annotated[Path, typer.Argument(help="A study definition (YAML).")],
    stage: Stage,
    reason: Annotated[str, typer.Option(help="Why, for the audit trail.")],
    actor: Annotated[str, typer.Option(help="Who, for the audit trail.")],
    live: Annotated[bool, typer.Option("--live", help="A real trial, not a training one.")] = False,
) -> None:
    """Put a definition in force."""
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    text = file.read_text(encoding="utf-8")
    done = ask(stage, "activate", definition=text, reason=reason, actor=actor, live=live)
    words = "is in force" if done["changed"] else "was in force already"
    say(f"{done['study']} {done['version']} {words} ({done['mode']}, {done['definition'][:12]}).")


@app.command()
def status(stage: Stage) -> None:
    """Count events in the outbox, messages in the queues, and dead letters."""
    from infra.aws import remote

    told = ask(stage, "status")
    try:
        queues = remote.queues(stage)
    except remote.RemoteError as error:
        raise Refused(str(error)) from None
    rows = [
        (f"outbox, {state}", each["events"], "", "")
        for state, each in sorted(told["outbox"].items())
    ]
    table(("where", "waiting", "worked on", "dead"), [*rows, *queues])
    pending = told["outbox"].get("pending")
    if pending:
        say(f"The oldest event in the outbox has waited for {pending['oldest_seconds']} seconds.")
    if not told["current"]:
        say("Migrations are outstanding: induct ops migrate")


@app.command()
def verify(stage: Stage) -> None:
    """Recompute the audit trail, and hold the rows that never change against it."""
    told = ask(stage, "verify")
    for fault in told["first"]:
        say(fault)
    if not told["whole"]:
        raise Refused(f"{told['faults']} places are not as they were written.")
    say(f"Whole: {told['rows']} rows in {told['streams']} streams.")


@app.command()
def restored(
    file: Annotated[Path, typer.Argument(help="Events that others hold, one a line (JSON).")],
    stage: Stage,
    actor: Annotated[str, typer.Option(help="Who says so.")],
    reason: Annotated[str, typer.Option(help="From when to when, and why.")],
) -> None:
    """Say that the database was restored: hold allocation in every study, and note what others
    saw. More files may follow."""
    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines if line.strip()]
    except ValueError:
        raise Refused(f"{file} does not hold a JSON object a line.") from None
    done = ask(stage, "restored", events=events, actor=actor, reason=reason)
    say(f"{done['noted']} events noted that this database never sent.")
    say(f"Held now: {', '.join(done['held']) or 'nothing that was not held before'}.")


@app.command()
def redrive(
    consumer: Annotated[str, typer.Argument(help="Whose: randomization, assessments, ...")],
    stage: Stage,
) -> None:
    """Send a consumer's dead letters on their way again; the inbox takes care of repeats."""
    from infra.aws import remote

    if consumer not in remote.CONSUMERS:
        raise Refused(f"A consumer is one of {', '.join(remote.CONSUMERS)}.")
    try:
        remote.redrive(stage, consumer)
    except remote.RemoteError as error:
        raise Refused(str(error)) from None
    say("On their way; induct ops status tells when all have gone.")


@app.command()
def hold(stage: Stage, services: Services = None) -> None:
    """Stop all functions that write, before a restore in earnest."""
    for function in _writers(services):
        _share(stage, function, 0)
        say(f"{function} is held.")


@app.command()
def release(stage: Stage, services: Services = None) -> None:
    """Give what was held its share again, as the template tells it."""
    for function, executions in _writers(services).items():
        _share(stage, function, executions)
        say(f"{function} may run {executions} times at once.")


def _share(stage: str, function: str, executions: int) -> None:
    from infra.aws import remote

    try:
        remote.share(stage, function, executions)
    except remote.RemoteError as error:
        raise Refused(str(error)) from None


def _writers(services: list[str] | None) -> dict[str, int]:
    """Functions that write, with their shares: of these services, or of all and the relay."""
    from infra.database.cast import SERVICES
    from infra.local.home import TEMPLATE
    from infra.topology.loader import load_template

    unknown = set(services or ()) - set(SERVICES)
    if unknown:
        raise Refused(f"A service is one of {', '.join(SERVICES)}.")
    resources = load_template(TEMPLATE)["Resources"]
    asked = tuple(name.capitalize() for name in services or (*SERVICES, "Relay"))
    return {
        name: resource["Properties"]["ReservedConcurrentExecutions"]
        for name, resource in resources.items()
        if name.startswith(asked) and resource["Type"] == "AWS::Serverless::Function"
    }
