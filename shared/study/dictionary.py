"""The data dictionary: every item of every form with all that the definition says of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.study.definition import StudyDefinition
from shared.study.forms import Form, Item
from shared.study.sdtm_homes import Home

TYPES: Mapping[str, str] = {
    "date": "date",
    "partial_date": "date, may be partial",
    "datetime": "date and time",
    "integer": "whole number",
    "decimal": "number",
    "code": "one of",
    "text": "text",
    "boolean": "yes or no",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a form. `checks` are ids of the edit checks that look at it or ask about it,
    `homes` its SDTM variables, `arm_revealing` says whether blinded roles see it."""

    form: Form
    item: Item
    checks: tuple[str, ...]
    homes: tuple[str, ...]
    arm_revealing: bool

    @property
    def type_words(self) -> str:
        """Type, unit and precision in words."""
        item = self.item
        words = TYPES[item.type]
        if item.finest_precision in ("month", "year"):
            words = "month or year" if item.finest_precision == "month" else "year"
        if item.unit is not None:
            words += f" in {item.unit}"
        return words

    @property
    def limits(self) -> str:
        """The smallest and largest value, or the most characters; empty where there are none."""
        low, high = self.item.minimum, self.item.maximum
        if self.item.max_length is not None:
            return f"at most {self.item.max_length} characters"
        if low is not None and high is not None:
            return f"{low:f} to {high:f}"
        if low is not None:
            return f"at least {low:f}"
        return "" if high is None else f"at most {high:f}"

    @property
    def notes(self) -> tuple[str, ...]:
        """What else holds of its values."""
        item = self.item
        found = []
        if item.censored:
            found.append('accepts "<5"')
        if item.analyte is not None:
            found.append("other units converted")
        if item.dictionary is not None:
            found.append(f"a term of {item.dictionary}")
        if item.id == self.form.date_item:
            found.append("dates the record")
        return tuple(found)


def entries(definition: StudyDefinition, homes: Home) -> tuple[Entry, ...]:
    """Every item in the order of the definition."""
    return tuple(
        entry for form in definition.forms for entry in form_entries(definition, form, homes)
    )


def form_entries(definition: StudyDefinition, form: Form, homes: Home) -> tuple[Entry, ...]:
    """The items of one form in order."""
    checks = definition.checks_of(form.id)
    return tuple(
        Entry(
            form,
            item,
            tuple(each.id for each in checks if item.id in (*each.names, each.on)),
            homes.get((form.id, item.id), ()),
            form.arm_revealing or item.arm_revealing,
        )
        for item in form.items
    )


def schedule_words(definition: StudyDefinition, form: Form) -> tuple[tuple[str, str], ...]:
    """When a form is due, by the anchor that its visits count from: `C1D8 day 8 (-2/+2 days), ...`
    and the anchor's label."""
    found: dict[str, list[str]] = {}
    for visit_id in form.visits:
        visit = definition.visit(visit_id)
        around = (
            f" (−{visit.minus_days}/+{visit.plus_days} days)"  # noqa: RUF001 (a minus, as printed)
            if visit.minus_days or visit.plus_days
            else ""
        )
        found.setdefault(visit.anchor, []).append(f"{visit_id} day {visit.day}{around}")
    return tuple(
        (", ".join(visits), definition.anchor(anchor).label) for anchor, visits in found.items()
    )
