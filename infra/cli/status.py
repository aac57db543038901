"""``induct status``: does this deployment keep its promises?"""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home

_WORDS = {True: "good", False: "LOOK", None: ""}


def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a monitor.")] = False,
) -> None:
    """Measure what shows whether promises are kept, and end with 1 where one is not: events, dead
    letters, due dates by the share of their time, lists, nights, proofs, clocks, durability."""
    from infra.database.audit_heads import HeadsBroken, read_ledger
    from infra.database.heads_store import HeadsFolder
    from infra.database.sli import measure
    from infra.local.database import opened

    home = Home.from_environment()
    try:
        ledger = read_ledger(HeadsFolder(home.witness).documents())
    except HeadsBroken as error:
        raise Refused(f"The heads of the trail: {error}") from None
    with opened(home) as logins:
        found = measure(logins.url("induct_platform"), ledger.taken_at)
    if as_json:
        say(json.dumps([asdict(each) for each in found], indent=1))
    else:
        table(
            ("what", "is", "goal", ""),
            [(each.title, _value(each.value, each.unit), each.limit, _WORDS[each.good])
             for each in found],
        )  # fmt: skip
    if any(each.good is False for each in found):
        raise typer.Exit(1)


def _value(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:g} {unit}".strip()
