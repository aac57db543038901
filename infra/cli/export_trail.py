"""``induct export trail``: what a site entered, as the trail tells it, to hold receipts against."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from infra.cli.console import Refused, say
from infra.local.home import Home

if TYPE_CHECKING:
    from infra.cli.client import Client

ROLE = "coordinator"
PAGE = 200


def trail(
    study: Annotated[str, typer.Option(help="Study of the running stack.")],
    site: Annotated[
        str, typer.Option(help="Whose subjects; every site has its own, and no other.")
    ],
    out: Annotated[Path, typer.Option(help="A file that is not there yet (NDJSON, a row a line).")],
) -> None:
    """Write every change of the data of a site's subjects, with its hash.

    `docs/verify_receipts.py FILE RECEIPTS` holds the receipts that the site kept against it.
    """
    from infra.cli.client import Client

    count = 0
    try:
        with Client(Home.from_environment(), study) as client, out.open("x") as file:
            for subject in _subjects(client, site):
                for row in _pages(client, site, f"/subjects/{subject}/trail"):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
                    count += 1
    except FileExistsError:
        raise Refused(f"{out} is there already.") from None
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}.") from None
    say(f"{count} rows: {out}")


def _subjects(client: "Client", site: str) -> Iterator[str]:
    return (each["subject"] for each in _pages(client, site, "/subjects"))


def _pages(client: "Client", site: str, path: str) -> Iterator[dict[str, Any]]:
    after: str | None = ""
    while after is not None:
        page = client.get("assessments", path, role=ROLE, sites=[site], limit=PAGE, after=after)
        yield from page["items"]
        after = page["next"]
