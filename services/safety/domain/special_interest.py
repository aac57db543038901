"""Adverse events of special interest: a term of their own, criteria by name and version, inputs."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from services.safety.domain.case import SpecialInterest
from shared.study.forms import Item
from shared.study.safety import Safety
from shared.study.safety import SpecialInterest as Defined

_DECIMAL: Final = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?", re.ASCII)
Fault = tuple[str, str, str]


def defined(safety: Safety | None, code: str) -> Defined | None:
    """The event of special interest in the study definition; None where that has none."""
    known = () if safety is None else safety.special_interest
    return next((each for each in known if each.code == code), None)


def input_faults(safety: Safety | None, told: SpecialInterest) -> Iterator[Fault]:
    """What is malformed: pointer below the special interest, code, words. Missing is no fault."""
    known = defined(safety, told.code)
    if known is None:
        yield (
            "/code",
            "special-interest-unknown",
            "The study has no such event of special interest.",
        )
        return
    if told.criteria_set not in {each.id for each in known.criteria_sets}:
        yield "/criteria_set", "criteria-set-unknown", "The study has no such set of criteria."
    items = {item.id: item for item in known.inputs}
    for name, value in sorted(told.inputs.items()):
        if name not in items:
            yield f"/inputs/{name}", "input-unknown", "The event has no such input."
        elif not _fits(items[name], value):
            yield f"/inputs/{name}", "input-malformed", f"This is no {items[name].type}."


def criteria_version(safety: Safety | None, code: str, criteria_set: str) -> str:
    """The version of a set of criteria; empty where there is none."""
    known = defined(safety, code)
    sets = () if known is None else known.criteria_sets
    return next((each.version for each in sets if each.id == criteria_set), "")


def _fits(item: Item, value: str) -> bool:
    match item.type:
        case "boolean":
            return value in {"true", "false"}
        case "decimal" | "integer":
            if not _DECIMAL.fullmatch(value):
                return False
            number = Decimal(value)
            low, high = item.minimum, item.maximum
            return (low is None or number >= low) and (high is None or number <= high)
        case _:
            return 0 < len(value) <= (item.max_length or 1000)
