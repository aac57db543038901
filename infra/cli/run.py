"""``induct run``: the whole trial on this machine."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.console import say
from infra.local.home import Home

if TYPE_CHECKING:
    from infra.local.stack import Ready

# The clock starts with the imports: they are most of a start.
_STARTED = time.perf_counter()


def run(
    port: Annotated[
        int | None, typer.Option(envvar="INDUCT_PORT", help="Port on 127.0.0.1 (8000).")
    ] = None,
    home: Annotated[
        Path | None, typer.Option(envvar="INDUCT_HOME", help="Data folder (.induct).")
    ] = None,
    log_file: Annotated[
        Path | None, typer.Option(help="Where log lines go (log/induct.jsonl in the data folder).")
    ] = None,
) -> None:
    """Start everything in one process and take calls until Ctrl-C."""
    import uvloop

    from infra.local.stack import serve
    from shared.http.logs import log_to

    place = Home.from_environment()
    place = Home(home.resolve() if home else place.folder, port or place.port)
    lines = log_file or place.folder / "log" / "induct.jsonl"
    lines.parent.mkdir(parents=True, exist_ok=True)

    def announce(ready: "Ready") -> None:
        say(_greeting(ready, lines, time.perf_counter() - _STARTED))

    with lines.open("a", encoding="utf-8") as stream:
        log_to(stream)
        try:
            uvloop.run(serve(place, announce))
        finally:
            log_to(None)
    say("Stopped. Everything that was acknowledged is kept.")


def _greeting(ready: "Ready", lines: Path, seconds: float) -> str:
    return "\n".join((
        f"Induct takes calls at {ready.url}  (started in {seconds:.1f} s)",
        "",
        f"  Guides      {ready.url}/randomization/docs   .../assessments/docs",
        f"              {ready.url}/safety/docs          .../analytics/docs",
        f"  Database    {ready.data}",
        f"  Artefacts   {ready.home / 'artefacts'}",
        f"  Log         {lines}",
        "  A token     induct token --role coordinator --site S01 --study NCT05748171",
        "",
        "Ctrl-C stops it.",
    ))  # fmt: skip
