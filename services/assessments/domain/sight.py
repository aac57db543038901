"""Who sees what: forms and items that reveal the arm do not exist for masked roles."""

from dataclasses import dataclass

from shared.study import StudyDefinition
from shared.study.forms import Form, Item


@dataclass(frozen=True)
class Sight:
    """What a role sees of a study. ``sees_arm`` False hides all that would tell the arm.

    For a masked role, what the definition in force does not know is hidden too: nobody has said
    that it is harmless.
    """

    definition: StudyDefinition
    sees_arm: bool

    def form(self, form_id: str) -> Form | None:
        """The form, None where it does not exist for this role."""
        for form in self.definition.forms:
            if form.id == form_id:
                return form if self.sees_arm or not form.arm_revealing else None
        return None

    def items(self, form: Form) -> dict[str, Item]:
        """The items of a form that exist for this role, by id."""
        return {i.id: i for i in form.items if self.sees_arm or not i.arm_revealing}

    def form_ids(self) -> list[str] | None:
        """The forms that exist for this role; None for every form, known or not."""
        if self.sees_arm:
            return None
        return [form.id for form in self.definition.forms if self.form(form.id) is not None]
