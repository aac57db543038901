"""A new subject out of a document: what the registration needs stands among the items."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.assessments.domain.rave.document import Item, Subject
from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor

CONSENT = "consent"
"""The anchor whose item is the date of consent."""
# The items that say who is screened, in every shipped definition; see docs/api/rave.md.
BIRTH, SEX = "birth_month", "sex"
_SEXES = {"f": "female", "m": "male", "u": "unknown"}
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class NewSubject:
    """What is registered: texts as the service's own registration takes them."""

    consented_on: str
    birth_year_month: str
    sex: str


class IncompleteError(ValueError):
    """Something is missing, or says nothing; ``str`` names the items."""


def new_subject(definition: StudyDefinition, nodes: Iterable[Subject]) -> NewSubject:
    """What the nodes of one subject say of it. Raises ``IncompleteError``."""
    consent = _consent(definition)
    found: dict[str, str] = {}
    for form, item in (pair for node in nodes for pair in _items(node)):
        name = item.oid.rpartition(".")[2].casefold()
        if item.value is None:
            continue
        if (form.casefold(), name) == consent:
            found["consent"] = item.value
        elif name in {BIRTH, SEX}:
            found[name] = item.value
    month = _MONTH.match(found.get(BIRTH, ""))
    sex = _SEXES.get(found.get(SEX, "")[:1].casefold())
    day = found.get("consent")
    if month is None or sex is None or day is None:
        named = "its consent date" if consent is None else ".".join(consent)
        needed = {named: day, BIRTH: month, SEX: sex}
        raise IncompleteError(", ".join(name for name, value in needed.items() if value is None))
    return NewSubject(day, month[0], sex)


def _consent(definition: StudyDefinition) -> tuple[str, str] | None:
    for anchor in definition.anchors:
        if anchor.id == CONSENT and isinstance(anchor, RecordAnchor):
            return anchor.select.form.casefold(), anchor.select.date.casefold()
    return None


def _items(node: Subject) -> Iterator[tuple[str, Item]]:
    for event in node.events:
        for form in event.forms:
            for group in form.groups:
                for item in group.items:
                    yield form.oid, item
