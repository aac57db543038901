"""``induct analytics``: run the night by hand; try the engine on known data."""

import time
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.analytics_account import boundaries, estimate, proportions
from infra.cli.analytics_adam import adam
from infra.cli.console import Refused, say
from infra.local.home import Home

if TYPE_CHECKING:
    from infra.cli.client import Client

app = typer.Typer(
    help="Nightly results; and the engine on data that you know.", no_args_is_help=True
)
app.command("adam")(adam)
app.command("estimate")(estimate)
app.command("proportions")(proportions)
app.command("boundaries")(boundaries)
WAIT_SECONDS = 300


@app.command()
def run(
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    cutoff: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Data cutoff (today at the sites)."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            help="Only what was recorded by this instant (2026-06-30T22:00:00Z), by the definition"
            " of then; readers stay where they are."
        ),
    ] = None,
) -> None:
    """Run the night of a study now, tell how far it is, and wait for what it publishes."""
    from infra.cli.client import Client

    home = Home.from_environment()
    with Client(home, study) as client:
        day = None if cutoff is None else cutoff.date().isoformat()
        outcome = run_night(client, day, key=str(uuid.uuid4()), as_of=as_of, tell=say)
    say(f"{outcome['state']}: run {outcome['run_id']}, cutoff {outcome['cutoff']}")
    if outcome["state"] != "published":
        raise Refused(f"The run failed: {outcome.get('failure')}")
    say(f"read at {outcome['read_at']}, inputs {outcome['inputs_hash']}")


def run_night(
    client: "Client",
    cutoff: str | None,
    key: str,
    as_of: str | None = None,
    tell: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Ask for a run and wait until it is published or failed; ``tell`` gets every stage of it.
    Raises ``Refused``."""
    body = {name: each for name, each in (("cutoff", cutoff), ("as_of", as_of)) if each is not None}
    asked = client.post("analytics", "/runs", body, role="statistician", key=key)
    path = f"/runs/{asked['run_id']}"
    ends, told = time.monotonic() + WAIT_SECONDS, 0
    while time.monotonic() < ends:
        found = client.get("analytics", path, role="statistician")
        if tell is not None:
            stages = client.get("analytics", f"{path}/progress", role="statistician")["items"]
            for stage in stages[told:]:
                tell(f"{stage['reached_at']} {stage['stage']}: {stage['words']}")
            told = len(stages)
        if found["state"] in {"published", "failed"}:
            return found
        time.sleep(0.2)
    raise Refused("The run is not done after five minutes; see the log.")
