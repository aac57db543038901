"""Changing one value anywhere in a batch, found by the field of its element."""

import dataclasses
from collections.abc import Callable
from typing import Any

from services.safety.e2b.model import Batch
from services.safety.e2b.rules.check import check
from services.safety.e2b.rules.issues import Profile
from services.safety.e2b.values import Stamp
from tests.services.safety.e2b import reports


def with_value(item: Any, field: str, value: Any) -> Any:
    """The same with the field set wherever it stands."""
    changes: dict[str, Any] = {}
    for each in dataclasses.fields(item):
        held = getattr(item, each.name)
        if each.name == field and not isinstance(held, tuple):
            changes[field] = value
        elif isinstance(held, tuple):
            changes[each.name] = tuple(with_value(one, field, value) for one in held)
        elif dataclasses.is_dataclass(held) and not isinstance(held, Stamp):
            changes[each.name] = with_value(held, field, value)
    return dataclasses.replace(item, **changes)


def ids(batch: Batch, profile: Profile = Profile.ICH, **context: object) -> set[str]:
    """The ids of all issues."""
    return {issue.id for issue in check(batch, profile, reports.context(**context))}


def part(**sections: Callable[[Any], Any]) -> Callable[[Batch], Batch]:
    """A change of sections of the one report."""

    def change(batch: Batch) -> Batch:
        told = batch.messages[0].report
        return reports.changed(
            batch, **{name: made(getattr(told, name)) for name, made in sections.items()}
        )

    return change
