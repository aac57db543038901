"""A record and its versions: each holds what it changed, and the record is their sum."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property

from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight


@dataclass(frozen=True)
class Version:
    """One entry or correction. ``changes`` maps items to kept texts, None where removed.

    ``observed_on`` is the clinic's date, ``recorded_at`` and ``position`` are the database's clock
    and count of commits, both rising in the order of commits.
    """

    number: int
    changes: Mapping[str, Kept | None]
    observed_on: date | None
    position: int
    recorded_at: datetime
    actor: str
    role: str
    reason: str
    definition_version: str


@dataclass(frozen=True)
class ItemChange:
    """An item before and after a version; None where it has no value."""

    item: str
    old: Kept | None
    new: Kept | None


@dataclass(frozen=True)
class History:
    """A record of a subject with its versions in order, at least one."""

    record_id: str
    subject: str
    site: str
    form: str
    visit: str
    repeat: int
    versions: tuple[Version, ...]

    @property
    def place(self) -> tuple[str, str, int]:
        """Where it is filled: form, visit, repeat. A subject has one record a place."""
        return self.form, self.visit, self.repeat

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def items(self) -> Mapping[str, Kept]:
        """The values as of the latest version."""
        return self._items

    @cached_property
    def _items(self) -> dict[str, Kept]:
        state: dict[str, Kept | None] = {}
        for version in self.versions:
            state |= version.changes
        return {item: value for item, value in sorted(state.items()) if value is not None}

    @property
    def taken_back(self) -> bool:
        """Whether every value was taken back: such a record says nothing any more."""
        return not self.items()

    def steps(self) -> list[tuple[Version, list[ItemChange]]]:
        """Each version with the items it changed, before and after."""
        state: dict[str, Kept | None] = {}
        steps = []
        for version in self.versions:
            changed = [
                ItemChange(item, state.get(item), value)
                for item, value in sorted(version.changes.items())
            ]
            steps.append((version, changed))
            state |= version.changes
        return steps


def seen(history: History, sight: Sight) -> History | None:
    """The history as a role sees it; None where nothing of it exists for that role.

    Versions that changed hidden items only are left out and the rest counted anew: a gap in the
    numbers would tell that something was hidden there.
    """
    if sight.sees_arm:
        return history
    form = sight.form(history.form)
    if form is None:
        return None
    items = sight.items(form)
    versions: list[Version] = []
    for version in history.versions:
        changes = {item: value for item, value in version.changes.items() if item in items}
        if changes:
            open_date = version.observed_on if form.date_item in {None, *items} else None
            versions.append(
                replace(version, number=len(versions) + 1, changes=changes, observed_on=open_date)
            )
    return replace(history, versions=tuple(versions)) if versions else None
