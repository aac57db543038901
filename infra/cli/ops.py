"""``induct ops``: a deployment on AWS, from an operator's machine.

``infra.aws.remote`` is imported where it is used: no other command waits for AWS' SDK.
"""

from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say, table

app = typer.Typer(
    help="A deployment on AWS: migrate, activate, status, verify, access, revoke, bind, redrive,"
    " hold, release.",
    no_args_is_help=True,
)
Stage = Annotated[
    str, typer.Option(envvar="INDUCT_STAGE", help="Name of the deployment (parameter Stage).")
]


Services = Annotated[
    list[str] | None, typer.Argument(help="Which services; all of them where none is named.")
]


def _ask(stage: str, command: str, **words: Any) -> dict[str, Any]:
    from infra.aws import remote

    try:
        answer: dict[str, Any] = remote.operate(stage, command, words)
    except remote.RemoteError as error:
        raise Refused(str(error)) from None
    return answer


@app.command()
def migrate(stage: Stage) -> None:
    """Make or refresh the database's roles and run outstanding migrations; safe to repeat."""
    done = _ask(stage, "migrate")["migrated"]
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
    done = _ask(stage, "activate", definition=text, reason=reason, actor=actor, live=live)
    words = "is in force" if done["changed"] else "was in force already"
    say(f"{done['study']} {done['version']} {words} ({done['mode']}, {done['definition'][:12]}).")


@app.command()
def status(stage: Stage) -> None:
    """Count events in the outbox, messages in the queues, and dead letters."""
    from infra.aws import remote

    told = _ask(stage, "status")
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
    told = _ask(stage, "verify")
    for fault in told["first"]:
        say(fault)
    if not told["whole"]:
        raise Refused(f"{told['faults']} places are not as they were written.")
    say(f"Whole: {told['rows']} rows in {told['streams']} streams.")


@app.command("access")
def show_access(
    stage: Stage,
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    as_of: Annotated[str | None, typer.Option(help="An instant with an offset; now.")] = None,
) -> None:
    """Tell who held which rights at an instant, who was told arms, and who was refused."""
    from infra.cli.access import instant, tell

    tell(_ask(stage, "access", study=study, as_of=instant(as_of).isoformat()))


@app.command()
def revoke(
    account: Annotated[str, typer.Argument(help="The account, as tokens name it (`sub`).")],
    stage: Stage,
    actor: Annotated[str, typer.Option(help="Who revokes.")],
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """End an account's tokens now; close the account at the issuer first."""
    at = _ask(stage, "revoke", account=account, actor=actor, reason=reason)["revoked_at"]
    say(f"No token of {account} holds that was issued before {at}.")


@app.command()
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
    from infra.cli.access import say_bound

    words = {"account": account, "networks": network or [], "actor": actor, "reason": reason}
    say_bound(account, _ask(stage, "bind", **words)["networks"])


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
