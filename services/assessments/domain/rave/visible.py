"""What exists for a role, as the face's reads filter by it."""

from services.assessments.domain.sight import Sight


def forms(sight: Sight) -> list[str] | None:
    """The forms; None for all."""
    return sight.form_ids()


def names(sight: Sight) -> list[str] | None:
    """Forms and ``form.item`` pairs; None for all, also those that no definition knows any more."""
    if sight.sees_arm:
        return None
    found: list[str] = []
    for form in sight.definition.forms:
        if sight.form(form.id) is not None:
            found.append(form.id)
            found += [f"{form.id}.{item}" for item in sight.items(form)]
    return found
