"""What assessments hold of a child that an allocation can be compared with: stratum and products.

Which items these are is read off the study definition: an item named as a stratification factor
tells the level as stratified, an item that a derivation of levels reads tells the true one, and an
item whose codes are all products of the arms tells a treatment. The date of consent is read too.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.study import StudyDefinition
from shared.study.criteria import comparisons
from shared.study.forms import Form, Item
from shared.study.stratification import derive_levels
from shared.study.values import Value, ValueRefusedError, parse_value

CONSENT = "consent_date"
"""The item that is held against the registered date of consent; no request brings it."""


@dataclass(frozen=True, slots=True)
class HeldItem:
    """The newest value of an item of a record, as text."""

    subject: str
    form: str
    item: str
    value: str


@dataclass(frozen=True, slots=True)
class Held:
    """Of one child: levels that were stated, levels that follow from values, products recorded,
    and dates of consent (``YYYY-MM-DD``). A factor of which nothing is held has no key."""

    stated: Mapping[str, str]
    derived: Mapping[str, str]
    products: frozenset[str]
    consents: frozenset[str] = frozenset()


NOTHING = Held({}, {}, frozenset())


def wanted(definition: StudyDefinition) -> frozenset[tuple[str, str]]:
    """(form, item) of everything that is compared."""
    names = _factors(definition) | _read_by_levels(definition) | {CONSENT}
    single = {
        (form.id, item.id)
        for form in definition.forms
        if not form.repeating
        for item in form.items
        if item.id in names
    }
    return frozenset(single | _product_items(definition))


def read(definition: StudyDefinition, items: Iterable[HeldItem]) -> dict[str, Held]:
    """What is held of each child. An item that two forms tell differently tells nothing."""
    by_subject: dict[str, list[HeldItem]] = defaultdict(list)
    for item in items:
        by_subject[item.subject].append(item)
    products = _product_items(definition)
    return {
        subject: Held(
            _stated(definition, own),
            _derived(definition, own),
            frozenset(one.value for one in own if (one.form, one.item) in products),
            frozenset(one.value for one in own if one.item == CONSENT and _is_day(one.value)),
        )
        for subject, own in by_subject.items()
    }


def products_by_arm(definition: StudyDefinition) -> dict[str, frozenset[str]]:
    return {arm.code: frozenset(p.code for p in arm.products) for arm in definition.arms}


def _stated(definition: StudyDefinition, items: list[HeldItem]) -> dict[str, str]:
    factors = _factors(definition)
    return {name: value for name, value in _agreed(items).items() if name in factors}


def _derived(definition: StudyDefinition, items: list[HeldItem]) -> dict[str, str]:
    known = {item.id: item for item in definition.eligibility.items}
    values: dict[str, Value] = {}
    for name, text in _agreed(items).items():
        value = typed(known[name], text) if name in known else None
        if value is not None:
            values[name] = value
    return derive_levels(definition.randomization, values, definition.thresholds_by_id())


def _is_day(text: str) -> bool:
    """A partial date of consent is compared by nobody."""
    return len(text) == len("2024-01-05")


def _agreed(items: list[HeldItem]) -> dict[str, str]:
    told: dict[str, set[str]] = defaultdict(set)
    for item in items:
        told[item.item].add(item.value)
    return {name: values.pop() for name, values in told.items() if len(values) == 1}


def typed(item: Item, text: str) -> Value | None:
    """The typed value of a kept text; None where the definition in force would not take it."""
    raw: object = text
    if item.type == "boolean":
        raw = {"true": True, "false": False}.get(text, text)
    elif item.type == "integer" and text.removeprefix("-").isdecimal():
        raw = int(text)
    try:
        return parse_value(item, raw)
    except ValueRefusedError:
        return None


def _factors(definition: StudyDefinition) -> set[str]:
    return {factor.factor for factor in definition.randomization.strata}


def _read_by_levels(definition: StudyDefinition) -> set[str]:
    return {
        name
        for factor in definition.randomization.strata
        for level in factor.levels
        if level.when is not None
        for one in comparisons(level.when)
        for name in (one.item, one.value_from)
        if name is not None
    }


def _product_items(definition: StudyDefinition) -> set[tuple[str, str]]:
    codes = frozenset().union(*products_by_arm(definition).values())
    return {
        (form.id, item.id)
        for form in definition.forms
        for item in form.items
        if _tells_a_product(form, item, codes)
    }


def _tells_a_product(form: Form, item: Item, codes: frozenset[str]) -> bool:
    revealing = form.arm_revealing or item.arm_revealing
    return revealing and bool(item.code_values) and item.code_values <= codes
