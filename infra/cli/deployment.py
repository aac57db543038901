"""How commands ask a deployment on AWS: its operations function, under its name.

``infra.aws.remote`` is imported where it is used: no other command waits for AWS' SDK.
"""

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
