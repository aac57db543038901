"""Case report forms and their items."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from shared.study.base import AnchorRef, Code, Model, Name, Number, Sourced, Text, Unit, VisitRef
from shared.study.criteria import Predicate
from shared.study.dates import Precision

ItemType = Literal[
    "date", "partial_date", "datetime", "integer", "decimal", "code", "text", "boolean"
]
NUMERIC_TYPES = frozenset({"integer", "decimal"})
DATE_TYPES = frozenset({"date", "partial_date"})


class CodeListEntry(Model):
    """One coded answer. In YAML the code alone may stand for both."""

    code: Code
    label: Text

    @model_validator(mode="before")
    @classmethod
    def _code_alone(cls, value: object) -> object:
        return {"code": value, "label": value} if isinstance(value, str) else value


class Item(Model):
    """One collected value: its type, unit (UCUM), code list and limits.

    `finest_precision` bounds a partial date: a birth date is collected to the month, never to the
    day. `identifier` says whether the item names a person; no item of a form may. `analyte` is what
    a number measures, as the rule pack `units` names it: values in other units are converted to
    `unit`. A `censored` decimal may be known only to lie beyond a limit ("<5"). `dictionary` names
    the rule pack whose terms a text should be one of; a term that is not there raises a query.
    """

    id: Name
    label: Text
    type: ItemType
    unit: Unit | None = None
    codes: tuple[CodeListEntry, ...] = ()
    minimum: Number | None = None
    maximum: Number | None = None
    max_length: Annotated[int, Field(ge=1, le=4000)] | None = None
    finest_precision: Precision | None = None
    analyte: Name | None = None
    censored: bool = False
    dictionary: Literal["ctcae403_terms"] | None = None
    required: bool = False
    arm_revealing: bool = False
    identifier: bool = False

    @property
    def code_values(self) -> frozenset[str]:
        """The codes an answer may take."""
        return frozenset(entry.code for entry in self.codes)

    @model_validator(mode="after")
    def _attributes_fit_the_type(self) -> Self:
        numeric = self.type in NUMERIC_TYPES
        wrong = {
            "codes are missing: an item of type code lists them": (
                self.type == "code" and not self.codes
            ),
            "codes belong to items of type code only": self.type != "code" and bool(self.codes),
            "max_length is missing: free text is bounded": (
                self.type == "text" and self.max_length is None
            ),
            "max_length belongs to items of type text only": (
                self.type != "text" and self.max_length is not None
            ),
            "unit, minimum and maximum belong to numeric items only": not numeric
            and (self.unit, self.minimum, self.maximum) != (None, None, None),
            "finest_precision belongs to items of type partial_date only": (
                self.type != "partial_date" and self.finest_precision is not None
            ),
            "analyte belongs to numeric items that have a unit": self.analyte is not None
            and (not numeric or self.unit is None),
            "censored belongs to items of type decimal only": (
                self.censored and self.type != "decimal"
            ),
            "dictionary belongs to items of type text only": (
                self.dictionary is not None and self.type != "text"
            ),
            "minimum is above maximum": self.minimum is not None
            and self.maximum is not None
            and self.minimum > self.maximum,
        }
        found = [words for words, is_wrong in wrong.items() if is_wrong]
        if found:
            raise ValueError("; ".join(found))
        return self


class Reflex(Model):
    """Which of several results of one sample stands: the first method of `order` whose result is
    `evaluable`. Results are never averaged."""

    sample: Name
    method: Name
    order: Annotated[tuple[Code, ...], Field(min_length=1)]
    evaluable: Predicate


class Form(Sourced):
    """A form: where and when it is filled, what it holds, and whether it reveals the arm.

    - `repeating`: several records per subject (and visit); otherwise one per subject, or one per
      visit where `visits` are named.
    - `visits`: visits at which the form is due; empty = not tied to a visit.
    - `date_item`: the item that dates a record (visit window, order of records).
    - `requires`: anchors that must have a date before a record is taken.
    - `arm_revealing`: hidden as a whole from blinded roles.
    - `reflex`: present where one sample has a result per method.
    """

    id: Name
    name: Text
    repeating: bool = False
    arm_revealing: bool = False
    date_item: Name | None = None
    visits: tuple[VisitRef, ...] = ()
    requires: tuple[AnchorRef, ...] = ()
    items: Annotated[tuple[Item, ...], Field(min_length=1)]
    reflex: Reflex | None = None

    def item(self, item_id: str) -> Item:
        """The item of that id; KeyError where the form has none."""
        for item in self.items:
            if item.id == item_id:
                return item
        raise KeyError(item_id)
