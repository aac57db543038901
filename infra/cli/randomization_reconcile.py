"""``induct randomization reconcile``: the nightly comparison, by hand."""

import json
import uuid
from typing import Annotated, Any

import typer

from infra.cli.console import Refused, say, table
from infra.local.home import Home


def reconcile(
    study: Annotated[str, typer.Option(help="Study, such as NCT05748171.")],
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON.")] = False,
) -> None:
    """Compare allocations with assessments and safety now. Nothing is changed on any side.

    Ends with an error where something differs.
    """
    from infra.cli.client import Client

    with Client(Home.from_environment(), study) as client:
        found = client.post(
            "randomization", "/reconciliations", None, role="data_manager", key=str(uuid.uuid4())
        )
    if as_json:
        say(json.dumps(found, indent=2))
    else:
        _tell(found)
    if found["differences"]:
        raise Refused(f"Differences: {len(found['differences'])}. Details: GET /reconciliations")


def _tell(found: dict[str, Any]) -> None:
    compared = ", ".join(f"{name} {count}" for name, count in found["counts"].items())
    say(f"reconciliation {found['reconciliation_id']}: {compared}".replace("_", " "))
    for what, sides in found["hashes"].items():
        equal = len(set(sides.values())) == 1
        say(f"{what}: {' and '.join(sides)} {'agree' if equal else 'differ'}")
    if found["differences"]:
        table(
            ("Subject", "Kind"),
            ((one["subject"] or "-", one["kind"]) for one in found["differences"]),
        )
    else:
        say("no difference")
