"""``induct randomization enrolment`` and ``breaks``: how far it is, and who broke the glass."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from infra.cli.console import say, table
from infra.local.home import Home

ROLE = "data_manager"
QUALITY = "sponsor"


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
    tell(found)
    if html is not None:
        say(f"page: {html}")


def breaks(
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    as_json: Annotated[bool, typer.Option("--json", help="The rows as JSON.")] = False,
) -> None:
    """Show who broke the glass of which child, why, and how often the arm was read by it."""
    from infra.cli.client import Client

    with Client(Home.from_environment(), study) as client:
        rows: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            page = client.get("randomization", "/break-glass", role=QUALITY, after=page["next"])
            rows += page["items"]
    if as_json:
        say(json.dumps(rows, indent=2))
        return
    tell_breaks(rows)


def tell_breaks(rows: list[dict[str, Any]]) -> None:
    """Say the breaks, oldest first."""
    if not rows:
        say("Nobody broke the glass.")
        return
    table(
        ("Subject", "Site", "Broken", "By", "Role", "Category", "Reason", "Reads"),
        (
            (b["subject"], b["site"], b["broken_at"], b["broken_by"], b["role"], b["category"],
             b["reason"], b["reads"])
            for b in rows
        ),
    )  # fmt: skip


def tell(found: dict[str, Any]) -> None:
    """Say how far it has come, and of which sites that is."""
    errors = f", {found['in_error']} of them in error" if found["in_error"] else ""
    whole = found["covers"] == "study"
    planned = f" of {found['planned']}" if whole else ""
    say(
        f"{found['study']}{'' if whole else ', your sites only'}:"
        f" {found['randomized']}{planned} randomized{errors}, {found['screened']} screened"
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
    columns = ("Month", "Screened", "Randomized", "Cumulative", *(("Target",) if whole else ()))
    names = [name.lower() for name in columns]
    table(columns, ([_or_dash(month[name]) for name in names] for month in found["months"]))


def _or_dash(number: object) -> str:
    return "-" if number is None else str(number)
