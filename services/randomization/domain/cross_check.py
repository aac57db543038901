"""What a request says of a child against what assessments hold of it (ICH E6(R3) 4.2.5).

An item of a form that is filled once and a value of the gate are the same fact where they have the
same id: a form that repeats tells of other days as well. Of several records the one entered last
stands.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.randomization.domain.held_values import CONSENT, typed
from shared.study import StudyDefinition
from shared.study.criteria import Comparison
from shared.study.forms import Item
from shared.study.predicate import PredicateTypeError, Truth, evaluate
from shared.study.values import Value

_SAME = Comparison(item="ours", op="eq", value_from="theirs")


@dataclass(frozen=True, slots=True)
class Recorded:
    """The newest value of an item of a record, as text; ``position`` orders by time of entry."""

    form: str
    visit: str
    repeat: int
    item: str
    value: str
    position: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """``checked``: ids of all items that could be compared, sorted; ``contradicted``: the records
    that say otherwise, in the same order."""

    checked: tuple[str, ...]
    contradicted: tuple[Recorded, ...]


def items_read(definition: StudyDefinition) -> list[str]:
    """Ids of the items that an allocation needs to know of, sorted."""
    names = {item.id for item in definition.eligibility.items} | {CONSENT}
    told = definition.randomization.withdrawn_when
    if told is not None:
        names |= {item.id for item in definition.form(told.form).items}
    return sorted(names)


def compare(
    definition: StudyDefinition, values: Mapping[str, Value], recorded: Iterable[Recorded]
) -> Outcome:
    """Compare typed values with the records. Numbers compare by value; a partial date contradicts
    only where no day of it is the other date; what has no common kind is not compared."""
    single = {form.id for form in definition.forms if not form.repeating}
    items = {key: item for key, item in _items(definition).items() if key[0] in single}
    checked: list[str] = []
    contradicted: list[Recorded] = []
    for name, latest in sorted(_latest(recorded, items).items()):
        theirs = typed(items[latest.form, name], latest.value)
        if name not in values or theirs is None:
            continue
        same = same_value(values[name], theirs)
        if same is None:
            continue
        checked.append(name)
        if same is Truth.FALSE:
            contradicted.append(latest)
    return Outcome(tuple(checked), tuple(contradicted))


def withdrawn(definition: StudyDefinition, recorded: Sequence[Recorded]) -> bool:
    """Whether a record says that the child was withdrawn, by the definition's own rule."""
    told = definition.randomization.withdrawn_when
    if told is None:
        return False
    records: dict[tuple[str, int], dict[str, Value | None]] = defaultdict(dict)
    items = _items(definition)
    for one in recorded:
        item = items.get((one.form, one.item))
        if one.form == told.form and item is not None:
            records[one.visit, one.repeat][one.item] = typed(item, one.value)
    if told.where is None:
        return bool(records)
    thresholds = definition.thresholds_by_id()
    return any(
        evaluate(told.where, values, thresholds) is not Truth.FALSE for values in records.values()
    )


def same_value(ours: Value, theirs: Value) -> Truth | None:
    """Whether both are the same; None for values of different kinds."""
    try:
        return evaluate(_SAME, {"ours": ours, "theirs": theirs})
    except PredicateTypeError:
        return None


def _items(definition: StudyDefinition) -> dict[tuple[str, str], Item]:
    return {(form.id, item.id): item for form in definition.forms for item in form.items}


def _latest(
    recorded: Iterable[Recorded], items: Mapping[tuple[str, str], Item]
) -> dict[str, Recorded]:
    """The value entered last, of every item that the definition in force still has."""
    known = (one for one in recorded if (one.form, one.item) in items)
    in_order = sorted(known, key=lambda r: (r.position, r.form, r.visit, r.repeat))
    return {one.item: one for one in in_order}
