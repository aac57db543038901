"""How commands ask a deployment on AWS: its operations function, under its name; and commands that
are the same there and on one machine.

``infra.aws.remote`` is imported where it is used: no other command waits for AWS' SDK.
"""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import typer

from infra.cli.console import Refused

Stage = Annotated[
    str, typer.Option(envvar="INDUCT_STAGE", help="Name of the deployment (parameter Stage).")
]


def ask(stage: str, command: str, **words: Any) -> dict[str, Any]:
    """What the function answered. Raises ``Refused`` in its words."""
    from infra.aws import remote

    try:
        answer: dict[str, Any] = remote.operate(stage, command, words)
    except remote.RemoteError as error:
        raise Refused(str(error)) from None
    return answer


def in_both_homes(
    command: str, here: Callable[..., dict[str, Any]], words: str
) -> tuple[typer.Typer, typer.Typer]:
    """Two groups for the same commands: one does a step ``here``, the other has the deployment do
    it as ``command``. Each command calls ``context.obj(step=..., ...)``; ``words`` are the help."""
    app = typer.Typer(help=words, no_args_is_help=True)
    on_aws = typer.Typer(help=words, no_args_is_help=True)

    @app.callback()
    def about_this_machine(context: typer.Context) -> None:
        context.obj = here

    @on_aws.callback()
    def about_a_deployment(context: typer.Context, stage: Stage = "") -> None:
        context.obj = partial(_there, command, stage)

    return app, on_aws


def _there(command: str, stage: str, **event: Any) -> dict[str, Any]:
    if not stage:  # asked for here, so that --help of a command is answered without one
        raise Refused(f"Which deployment? Set INDUCT_STAGE, or: induct ops {command} --stage NAME")
    return ask(stage, command, **event)
