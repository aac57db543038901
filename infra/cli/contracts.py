"""``induct contracts``: the JSON Schemas of the events, and the AsyncAPI document."""

import typer

from infra.cli.console import Refused, say

app = typer.Typer(help="Event contracts: write them, check them.", no_args_is_help=True)


@app.command()
def write() -> None:
    """Write the JSON Schemas and docs/asyncapi.yaml from the models."""
    from infra.contracts.files import write_all

    for path in write_all():
        say(f"wrote {path}")


@app.command()
def check() -> None:
    """Fail where files and models differ, or where a contract broke its readers."""
    from infra.contracts.files import differences

    found = differences()
    for line in found:
        say(line)
    if found:
        raise Refused("The contracts changed: induct contracts write, and read the differences.")
    say("Contracts and files agree.")
