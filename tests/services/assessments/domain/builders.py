"""Histories and definitions for tests of pure rules."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.assessments.domain.history import History, Version
from services.assessments.domain.kept import Kept
from shared.study import StudyDefinition

START = datetime(2024, 2, 1, 12, 0, tzinfo=UTC)


def history(
    form: str, *changes: Mapping[str, str | None], observed_on: date | None = None
) -> History:
    """A record of the form with a version for each mapping of changes."""
    versions = tuple(
        Version(
            number=number,
            changes={item: None if text is None else Kept(text) for item, text in change.items()},
            observed_on=observed_on,
            position=number * 10,
            recorded_at=START + timedelta(minutes=number),
            actor="nurse-7",
            role="coordinator",
            reason="first entry" if number == 1 else "Data entry error",
            definition_version="1.0.0",
        )
        for number, change in enumerate(changes, start=1)
    )
    return History("r1", "S01-001", "S01", form, "UNSCHEDULED", 1, versions)


def kept(**texts: str) -> dict[str, Kept]:
    """Values as they are kept of plain texts."""
    return {item: Kept(text) for item, text in texts.items()}


def with_item(
    definition: StudyDefinition, form_id: str, item_id: str, **changes: Any
) -> StudyDefinition:
    """The definition with one item of one form changed."""
    forms = tuple(
        form
        if form.id != form_id
        else form.model_copy(
            update={
                "items": tuple(
                    item.model_copy(update=changes) if item.id == item_id else item
                    for item in form.items
                )
            }
        )
        for form in definition.forms
    )
    return definition.model_copy(update={"forms": forms})
