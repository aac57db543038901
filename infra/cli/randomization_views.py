"""``induct randomization enrolment``: how far enrolment has come."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import say, table
from infra.local.home import Home

ROLE = "data_manager"


def enrolment(
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    html: Annotated[Path | None, typer.Option(help="Write the page to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Show enrolment by site, country, stratum and month against its target. Never by arm."""
    from infra.cli.client import Client

    with Client(Home.from_environment(), study) as client:
        if html is not None:
            page = client.download("randomization", "/enrolment", role=ROLE, accept="text/html")
            html.write_bytes(page)
        found = client.get("randomization", "/enrolment", role=ROLE)
    if as_json:
        say(json.dumps(found, indent=2))
        return
    _tell(found)
    if html is not None:
        say(f"page: {html}")


def _tell(found: dict[str, Any]) -> None:
    errors = f", {found['in_error']} of them in error" if found["in_error"] else ""
    say(
        f"{found['study']}: {found['randomized']} of {found['planned']} randomized{errors},"
        f" {found['screened']} screened"
    )
    table(
        ("Site", "Country", "State", "Screened", "Randomized", "Cap"),
        (
            (s["site"], s["country"], s["state"], s["screened"], s["randomized"], s["cap"] or "-")
            for s in found["sites"]
        ),
    )
    table(
        ("Stratum", "Randomized", "Cap"),
        ((s["stratum"], s["randomized"], s["cap"] or "-") for s in found["strata"]),
    )
    table(
        ("Month", "Screened", "Randomized", "Cumulative", "Target"),
        (
            (m["month"], m["screened"], m["randomized"], m["cumulative"], _or_dash(m["target"]))
            for m in found["months"]
        ),
    )


def _or_dash(number: int | None) -> str:
    return "-" if number is None else str(number)
