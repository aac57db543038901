"""A subject with all its records: what checks and derivations look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from services.assessments.domain.history import History
from shared.study.anchors import Anchor


@dataclass(frozen=True, slots=True)
class SubjectState:
    """A subject as it is before or after a write; `histories` in the order of record ids.

    `allocated_on` is the local date of the allocation at the site, None before it; `today` the
    site's calendar date at which the state is looked at. `looked_up` keeps, from one row of a write
    to the next, what was found for a form and the records that it was found in; it is no part of
    what the state is.
    """

    subject: str
    site: str
    birth_year_month: str
    sex: str
    consented_on: date
    allocated_on: date | None
    today: date
    histories: tuple[History, ...]
    looked_up: dict[str, tuple[list[History], list[Anchor]]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def at(self, place: tuple[str, str, int]) -> History | None:
        """The record that is filled there: form, visit, repeat."""
        return next((each for each in self.histories if each.place == place), None)

    def of_forms(self, forms: Iterable[str]) -> list[History]:
        """The records of these forms."""
        wanted = set(forms)
        return [each for each in self.histories if each.form in wanted]

    def having(self, history: History) -> "SubjectState":
        """The same with one record added, or in the place of its earlier state."""
        others = [each for each in self.histories if each.record_id != history.record_id]
        ordered = sorted([*others, history], key=lambda each: each.record_id)
        return replace(self, histories=tuple(ordered))
