"""What both sides of the reconciliation say of causality, in the same words.

By event for everybody; by product for those who may know the arm.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from services.safety.domain.facts import Fact
from services.safety.domain.reconciliation import BY_PRODUCT, Value
from services.safety.domain.records import RELATED
from shared.study.safety import Safety

NOT_RELATED: Final = "NOT_RELATED"
_WORDS: Final = {True: "related", False: "not related"}


def of_case(facts: Iterable[Fact], event: str) -> dict[str, Value]:
    """The investigator's last word on each product for an event, and what they make together.

    ``facts`` stand, in the order of receipt. The sponsor's opinion is no matter of the site's
    record.
    """
    said: dict[str, bool] = {}
    for fact in facts:
        value = fact.value
        if fact.kind == "causality" and (value["party"], value["event"]) == ("investigator", event):
            said[value["product"]] = value["related"]
    return _fields(said, None)


def of_record(safety: Safety, items: Mapping[str, str | None]) -> dict[str, Value]:
    """What a record says of each product, and of the treatment as a whole."""
    known = {RELATED: True, NOT_RELATED: False}
    said = {
        each.product: known[text]
        for each in safety.relations
        if (text := items.get(each.item) or "") in known
    }
    whole = items.get(safety.relationship_item or "") or ""
    return _fields(said, known.get(whole))


def _fields(said: Mapping[str, bool], whole: bool | None) -> dict[str, Value]:
    """One suspicion makes the event a suspected one; the item for the whole speaks first."""
    if whole is None and said:
        whole = any(said.values())
    together: dict[str, Value] = {"causality": None if whole is None else _WORDS[whole]}
    return together | {BY_PRODUCT + product: _WORDS[one] for product, one in said.items()}
