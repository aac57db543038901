"""What a role may know of queries and deviations: those of which it sees all that they rest on."""

from collections.abc import Iterable

from services.assessments.domain.sight import Sight

SUBJECT = "subject"
"""What rests on the subject alone is for every role."""
HIDDEN = "arm"
"""What rests on this exists for no masked role."""


def names_seen(sight: Sight) -> list[str] | None:
    """The forms and form.item pairs that exist for a role; None for all, known or not."""
    if sight.sees_arm:
        return None
    forms = [form for form in sight.definition.forms if sight.form(form.id) is not None]
    names = (
        name
        for form in forms
        for name in (form.id, *(f"{form.id}.{item}" for item in sight.items(form)))
    )
    return [SUBJECT, *sorted(names)]


def visible(sight: Sight, rests_on: Iterable[str]) -> bool:
    """Whether a role sees all of these names."""
    seen = names_seen(sight)
    return seen is None or set(rests_on) <= set(seen)
