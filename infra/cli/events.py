"""``induct events``: where the events are, and what became of those that failed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home

if TYPE_CHECKING:
    from sqlalchemy import Engine

app = typer.Typer(help="Events: status, dead letters, redrive.", no_args_is_help=True)


@contextmanager
def _platform() -> "Iterator[Engine]":
    from infra.local.database import opened
    from shared.database.engine import blocking_engine

    with opened(Home.from_environment()) as logins:
        engine = blocking_engine(logins.url("induct_platform"), pool_size=1)
        try:
            yield engine
        finally:
            engine.dispose()


@app.command()
def status() -> None:
    """Count events in the outbox and in each consumer's queue."""
    from infra.bus import inspection

    with _platform() as engine:
        outbox, queues = inspection.outbox(engine), inspection.queues(engine)
    rows = [("outbox", row.state, row.events, _age(row)) for row in outbox]
    rows += [(row.consumer, row.state, row.events, "") for row in queues]
    table(("where", "state", "events", "oldest (s)"), rows)


def _age(row: Any) -> str:
    return f"{row.oldest_seconds:.0f}" if row.state == "pending" else ""


@app.command("dead-letters")
def dead_letters() -> None:
    """Show the events a consumer gave up on, and why."""
    from infra.bus import inspection

    with _platform() as engine:
        rows = inspection.dead_letters(engine)
    if not rows:
        say("No dead letters.")
        return
    table(
        ("consumer", "event", "type", "subject", "tries", "cause"),
        [(r.consumer, r.event_id, r.type, r.subject, r.attempts, r.last_error or "") for r in rows],
    )


@app.command()
def redrive(
    event: Annotated[str | None, typer.Argument(help="Id of one event.")] = None,
    consumer: Annotated[str | None, typer.Option(help="Those of one consumer.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them.")] = False,
) -> None:
    """Send dead letters on their way again."""
    from infra.bus import inspection

    if not (event or consumer or everything):
        raise Refused("Name an event, or --consumer, or --all.")
    with _platform() as engine:
        count = inspection.redrive(engine, event=event, consumer=consumer)
    say(f"{count} sent again.")
