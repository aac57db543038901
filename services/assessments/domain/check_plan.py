"""What the edit checks of a definition are about, worked out once: what each reads, and whom it may
be shown to."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.study import StudyDefinition
from shared.study.anchors import RecordAnchor, anchor_dependencies
from shared.study.edit_checks import ANCHOR_PREFIX, CONTEXT, EditCheck
from shared.study.forms import Form, Item
from shared.study.schedule import Visit

DAYS_OUT = "days_out_of_window"


@dataclass(frozen=True)
class Planned:
    """A check of one form. ``rests_on`` are the forms and form.item pairs that it asks about or
    reads; ``elsewhere``: it reads other records of the subject too, through anchors."""

    check: EditCheck
    names: tuple[str, ...]
    rests_on: tuple[str, ...]
    elsewhere: bool


@dataclass(frozen=True)
class Plan:
    """The checks of a definition by form, and the forms whose records its anchors are read from."""

    checks: Mapping[str, tuple[Planned, ...]]
    items: Mapping[str, Mapping[str, Item]]
    forms: Mapping[str, Form]
    anchor_forms: frozenset[str]
    visits: Mapping[str, Visit]
    windows: Mapping[str, tuple[str, ...]]
    """By visit: what the window of that visit rests on."""


# A definition is kept for good (shared/database/definitions.py), and so is its plan; the definition
# beside it keeps the id from being given to another one.
_plans: dict[int, tuple[StudyDefinition, Plan]] = {}
_MOST = 64


def plan_of(definition: StudyDefinition) -> Plan:
    """The plan of a definition."""
    known = _plans.get(id(definition))
    if known is None:
        if len(_plans) >= _MOST:
            _plans.clear()
        known = _plans[id(definition)] = (definition, _plan(definition))
    return known[1]


def anchor_rests_on(definition: StudyDefinition, anchor_id: str) -> frozenset[str]:
    """The forms and date items that an anchor is read from, directly or through others."""
    found: set[str] = set()
    seen: set[str] = set()
    pending = [anchor_id]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        anchor = definition.anchor(name)
        pending += anchor_dependencies(anchor)
        if isinstance(anchor, RecordAnchor):
            found |= {anchor.select.form, f"{anchor.select.form}.{anchor.select.date}"}
    return frozenset(found)


def _plan(definition: StudyDefinition) -> Plan:
    anchors = {a.id: anchor_rests_on(definition, a.id) for a in definition.anchors}
    windows = {visit.id: tuple(sorted(anchors[visit.anchor])) for visit in definition.visits}
    return Plan(
        checks={
            form.id: tuple(
                _planned(form, check, anchors, windows) for check in definition.checks_of(form.id)
            )
            for form in definition.forms
        },
        items={form.id: {item.id: item for item in form.items} for form in definition.forms},
        forms={form.id: form for form in definition.forms},
        anchor_forms=frozenset(
            name for found in anchors.values() for name in found if "." not in name
        ),
        visits={visit.id: visit for visit in definition.visits},
        windows=windows,
    )


def _planned(
    form: Form,
    check: EditCheck,
    anchors: Mapping[str, frozenset[str]],
    windows: Mapping[str, tuple[str, ...]],
) -> Planned:
    on_form = {item.id for item in form.items}
    read = [name for name in (*check.names, check.on) if name in on_form]
    named = [name for name in check.names if name not in on_form]
    rests = {form.id, *(f"{form.id}.{name}" for name in read)}
    for name in named:
        if name.startswith(ANCHOR_PREFIX) and name not in CONTEXT:
            rests |= anchors.get(name.removeprefix(ANCHOR_PREFIX), frozenset())
        elif name == DAYS_OUT:
            rests |= {each for visit in form.visits for each in windows[visit]}
    elsewhere = DAYS_OUT in named or any(name.startswith(ANCHOR_PREFIX) for name in named)
    return Planned(check, check.names, tuple(sorted(rests)), elsewhere)
