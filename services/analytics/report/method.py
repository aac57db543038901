"""The last section of a report: how its numbers were made, from the manifest's own statement."""

import json
from collections.abc import Mapping
from typing import Any

from services.analytics.report.outline import Block, Section, Table


def method_section(told: Mapping[str, Any]) -> Section:
    """Conventions, assumed values, what is not computed, both engines compared, versions."""
    check = told["engine_check"]
    blocks: list[Block] = [
        Table(
            "Conventions",
            ("Convention", "Value"),
            tuple((name, _plain(value)) for name, value in sorted(told["conventions"].items())),
        ),
        Table(
            "Values of the definition that are assumed",
            ("Value of", "Value", "Why"),
            tuple((each["path"], each["value"], each["note"]) for each in told["assumed_values"]),
            _held_back(told),
        ),
        Table(
            "Two engines compared",
            ("Quantity", "Compared", "Largest difference", "Tolerance", "Verdict"),
            tuple(
                (str(each["quantity"]), str(each["compared"]), f"{each['max_absolute']:.1e}",
                 f"{each['tolerance']:g}", str(each["verdict"]))
                for each in check
            ),
        ),
        Table(
            "Versions", ("Software", "Version"), tuple(sorted(told["versions"].items()))
        ),
    ]  # fmt: skip
    if told["not_computed"]:
        left_out = tuple(
            (each["endpoint"], each["population"], each["reason"]) for each in told["not_computed"]
        )
        blocks.insert(0, Table("Not computed", ("Endpoint", "Set", "Why"), left_out))
    return Section("How this was made", "", tuple(blocks))


def _held_back(told: Mapping[str, Any]) -> tuple[str, ...]:
    held = told.get("assumed_values_in_closed_manifest")
    return (f"{held} more speak of single arms and stand in the closed report.",) if held else ()


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
