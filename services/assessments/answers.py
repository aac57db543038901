"""From what is kept to what is answered."""

from collections.abc import Mapping
from typing import Any

from services.assessments.domain.history import History
from services.assessments.domain.items import Shown, shown
from services.assessments.domain.kept import Kept
from services.assessments.domain.sight import Sight
from services.assessments.schemas import Assessment, Change, Converted, Subject, Version, Versions
from shared.study.forms import Item


def subject(row: Mapping[str, Any]) -> Subject:
    return Subject(
        study=row["study_id"],
        subject=row["subject_id"],
        site=row["site_id"],
        state=row["state"],
        birth_year_month=row["birth_year_month"],
        sex=row["sex"],
        consented_on=row["consented_on"],
        registered_at=row["registered_at"],
        randomized_at=row["randomized_at"],
        rescreening_of=row["rescreening_of"],
    )


def assessment(study: str, history: History, sight: Sight, position: int) -> Assessment:
    """A record at its latest version. ``history`` is what the caller's role sees of it."""
    items = _items(history, sight)
    latest = history.latest
    return Assessment(
        record_id=history.record_id,
        study=study,
        subject=history.subject,
        site=history.site,
        form=history.form,
        visit=history.visit,
        repeat=history.repeat,
        version=latest.number,
        items={name: shown(items.get(name), kept) for name, kept in history.items().items()},
        converted={
            name: Converted(value=kept.canonical, unit=kept.canonical_unit)
            for name, kept in history.items().items()
            if kept.canonical is not None and kept.canonical_unit is not None
        },
        observed_on=latest.observed_on,
        recorded_at=latest.recorded_at,
        recorded_by=latest.actor,
        definition_version=latest.definition_version,
        as_of_position=told_position(sight, position),
    )


def versions(history: History, sight: Sight, position: int) -> Versions:
    items = _items(history, sight)

    def value(name: str, kept: Kept | None) -> Shown | None:
        return None if kept is None else shown(items.get(name), kept)

    return Versions(
        record_id=history.record_id,
        items=[
            Version(
                version=version.number,
                recorded_at=version.recorded_at,
                recorded_by=version.actor,
                role=version.role,
                reason=version.reason,
                observed_on=version.observed_on,
                definition_version=version.definition_version,
                changes=[
                    Change(item=c.item, old=value(c.item, c.old), new=value(c.item, c.new))
                    for c in changes
                ],
            )
            for version, changes in history.steps()
        ],
        as_of_position=told_position(sight, position),
    )


def told_position(sight: Sight, position: int) -> int | None:
    """The position, kept from masked roles: its gaps are the entries that they must not see."""
    return position if sight.sees_arm else None


def etag(version: int) -> str:
    """The ETag of a record at a version."""
    return f'"{version}"'


def _items(history: History, sight: Sight) -> dict[str, Item]:
    form = sight.form(history.form)
    return {} if form is None else sight.items(form)
