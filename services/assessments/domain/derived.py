"""Every derivation of a subject as it is stored: a name, what it says, and all that explains it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from services.assessments.domain.packs.attempt import FAILED
from services.assessments.domain.packs.facts import SubjectFacts
from services.assessments.domain.packs.registry import DERIVERS, results_of
from services.assessments.domain.packs.result import PackRef, Result, plain
from services.assessments.domain.subject_facts import ALLOCATION, Facts, LeftOut
from shared.rules.model import Pack
from shared.study import StudyDefinition

VOID = "void"
NO_LONGER = "no_longer_derived"
UNREAD = PackRef("facts", "1.0.0", "")


@dataclass(frozen=True)
class Derived:
    """One derivation. ``trace`` holds rule, rules tried, inputs, notes and details as JSON values;
    its inputs are lists of form, record, version and items.

    ``status`` is that of a result, or ``void`` where the data give rise to it no more.
    """

    name: str
    value: str | None
    status: str
    reason: str | None
    pack: PackRef
    arm_revealing: bool
    trace: Mapping[str, Any]

    @property
    def face(self) -> tuple[str | None, str, str | None]:
        """What it says, apart from how it was found."""
        return self.value, self.status, self.reason

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 of what it says and how it was found; the pack's version is not in it."""
        content = json.dumps([*self.face, self.trace], sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def result(self) -> dict[str, Any]:
        """The trace with its pack, as it is stored."""
        pack = {"id": self.pack.id, "version": self.pack.version, "sha256": self.pack.sha256}
        return {**self.trace, "pack": pack}


def derive_subject(
    definition: StudyDefinition, known: Facts, packs: Mapping[str, Pack]
) -> dict[str, Derived]:
    """Every derivation of a subject by its name; names occur once.

    A pure function of facts and packs: it does not know the day on which it is asked, so that what
    is stored is right however much later it is read. It raises nothing: where the code of a pack
    fails, what rests on it is not evaluable (``derivation_failed``).
    """
    found: dict[str, Derived] = {}
    revealing = {form.id for form in definition.forms if form.arm_revealing}
    for names, deriver in DERIVERS:
        hidden = any(packs[name].arm_revealing for name in names)
        facts = known.facts if hidden else _without_visits_of(known.facts, revealing)
        for result in results_of(deriver, names, facts, packs):
            name = _unused(result.derivation, found)
            found[name] = _stored(name, result, known.forms, hidden)
    for unread in _unread(known.left_out, revealing):
        found[unread.name] = unread
    return found


def voided(name: str, pack: Pack | None, arm_revealing: bool) -> Derived:
    """What stands for a derivation that the data give rise to no more."""
    by = UNREAD if pack is None else PackRef.of(pack)
    return Derived(name, None, VOID, NO_LONGER, by, arm_revealing, _trace([]))


def _without_visits_of(facts: SubjectFacts, forms: Iterable[str]) -> SubjectFacts:
    """The facts without what records that reveal the arm say of visits.

    Visits with and without such a record would differ in their windows, and tell the arm.
    """
    changed: dict[str, Any] = {
        form: tuple(replace(record, visit=None) for record in getattr(facts, form))
        for form in forms
        if getattr(facts, form, ())
    }
    return replace(facts, **changed) if changed else facts


def _unused(name: str, taken: Mapping[str, Derived]) -> str:
    """The name, numbered where another derivation has it (one sample id on two days)."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}#{number}"
    return found


def _stored(name: str, result: Result, forms: Mapping[str, str], arm_revealing: bool) -> Derived:
    trace = {
        "rule": result.rule,
        "tried": [
            {"rule": v.rule, "text": v.text, "holds": v.holds, "inputs": list(v.inputs)}
            for v in result.tried
        ],
        "inputs": _inputs(result, forms),
        "notes": list(result.notes),
        "details": dict(result.details),
    }
    value = None if result.value is None else plain(result.value)
    return Derived(name, value, result.status, result.reason, result.pack, arm_revealing, trace)


def _inputs(result: Result, forms: Mapping[str, str]) -> list[list[Any]]:
    found: dict[tuple[str, str, int], list[str]] = {}
    for ref in result.inputs:
        form = forms.get(ref.record, "")
        # The day of a form without a date of its own is the record's, not an item's.
        item = "observed_on" if ref.item == "visit_date" and form != "visit" else ref.item
        found.setdefault((form, ref.record, ref.version), []).append(item)
    return [[*key, items] for key, items in found.items()]


def _trace(notes: list[str]) -> dict[str, Any]:
    """The trace of what no rule made."""
    return {"rule": None, "tried": [], "inputs": [], "notes": notes, "details": {}}


def _unread(left_out: Iterable[LeftOut], revealing: set[str]) -> list[Derived]:
    """What the packs could not read, one entry a form."""
    by_form: dict[str, list[LeftOut]] = {}
    for each in left_out:
        by_form.setdefault(each.form, []).append(each)
    found = []
    for form, those in sorted(by_form.items()):
        notes = [f"{each.record} {each.item}: {each.code}" for each in those]
        trace = _trace(notes)
        found.append(
            Derived(
                f"unread:{form}", str(len(those)), "final", None, UNREAD, form in revealing, trace
            )
        )
    return found


__all__ = ["ALLOCATION", "FAILED", "NO_LONGER", "VOID", "Derived", "derive_subject", "voided"]
