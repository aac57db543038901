"""What one version of a case changed: field by field, old and new."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from services.safety.domain.case import CLINICAL, Report

REVEALING = (
    "suspect_product", "further_products", "narrative", "special_interest", "actions", *CLINICAL,
)  # fmt: skip
"""Fields whose content may tell the arm: drugs, free text, and inputs of criteria."""


@dataclass(frozen=True)
class Difference:
    """A field with its value before and after, as JSON values."""

    field: str
    old: Any
    new: Any


def differences(before: Report, after: Report) -> tuple[Difference, ...]:
    """The fields that differ, in the order of the report."""
    old, new = asdict(before), asdict(after)
    return tuple(
        Difference(name, _json(old[name]), _json(new[name]))
        for name in old
        if old[name] != new[name]
    )


def _json(value: Any) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_json(each) for each in value]
    if isinstance(value, dict):
        return {name: _json(each) for name, each in value.items()}
    return value
