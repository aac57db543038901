"""A file of dated facts: the same facts that a case holds, written by hand or taken from an export.

What a fact leaves out is the plainest thing that it can mean: recorded when it was received, in the
file's zone.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import Field

from services.safety.domain.facts import Fact, Kind
from services.safety.domain.intake import unknown_zone
from services.safety.files.reading import fit, refuse
from services.safety.files.values import VALUES
from services.safety.schemas import Zone
from services.safety.submission_schemas import Uuid
from shared.http.models import Code, Instant, IsoDate, Model, Name
from shared.http.problems import FieldError, InvalidContent

_NAMESPACE: Final = uuid.UUID("6e3f9a1c-7f2e-5d0b-8a5e-2b1f4c9d7e10")


class FactWritten(Model):
    """A fact as it is written. ``number``, ``reason`` and the like are of an export, and read past:
    nothing is computed from them."""

    kind: Kind
    value: dict[str, Any] = Field(default_factory=dict)
    received_at: Instant
    received_zone: Zone | None = None
    recorded_at: Instant | None = None
    true_at: Instant | None = None
    true_on: IsoDate | None = None
    fact_id: Uuid | None = None
    supersedes: Uuid | None = None
    source: Name = "file"
    actor: Name = "file"
    case_id: Any = None
    number: Any = None
    study_id: Any = None
    site_id: Any = None
    subject_id: Any = None
    reason: Any = None
    actor_role: Any = None
    signature_id: Any = None


class RuleSetNamed(Model):
    id: Code
    version: Code


class FactsFile(Model):
    """The facts of one case. ``case`` names it: the same name gives obligations the same ids;
    ``zone`` is where a fact names none; ``rule_sets`` stand in for those in force."""

    case: Name = "case"
    study: Code | None = None
    zone: Zone | None = None
    rule_sets: list[RuleSetNamed] | None = None
    facts: Annotated[list[FactWritten], Field(min_length=1, max_length=1000)]

    @property
    def case_id(self) -> uuid.UUID:
        """The id that the name is, or that it gives."""
        try:
            return uuid.UUID(self.case)
        except ValueError:
            return uuid.uuid5(_NAMESPACE, self.case)


def facts_of(
    case_id: uuid.UUID, written: Sequence[FactWritten], zone: str, *, at: str = "facts"
) -> list[Fact]:
    """The facts as the rules read them; ``at`` is where they stand in the file.

    Raises ``InvalidContent`` with every fault.
    """
    faults: list[FieldError] = []
    made: list[Fact] = []
    for index, each in enumerate(written):
        try:
            made.append(_fact(case_id, each, zone, (at, index)))
        except InvalidContent as refused:
            faults += refused.errors
    faults += _across(made, written, at) if not faults else ()
    refuse(faults)
    return [_with_onset(fact, made, each) for fact, each in zip(made, written, strict=True)]


def _fact(case_id: uuid.UUID, each: FactWritten, zone: str, at: tuple[str, int]) -> Fact:
    place = (*at, "value")
    value = fit(VALUES[each.kind], each.value, at=place, whole=lambda: _around(each.value, at))
    fact_id = _named(case_id, each) if each.fact_id is None else uuid.UUID(each.fact_id)
    return Fact(
        fact_id=fact_id,
        kind=each.kind,
        value=value.plain(),
        received_at=each.received_at,
        received_zone=each.received_zone or zone,
        recorded_at=each.recorded_at or each.received_at,
        source=each.source,
        actor=each.actor,
        true_at=each.true_at or (each.received_at if each.kind == "site_awareness" else None),
        true_on=each.true_on,
        supersedes=None if each.supersedes is None else uuid.UUID(each.supersedes),
    )


def _named(case_id: uuid.UUID, each: FactWritten) -> uuid.UUID:
    """The same words are the same fact, wherever in the file they stand."""
    return uuid.uuid5(_NAMESPACE, f"{case_id}/{each.model_dump_json()}")


def _around(value: Mapping[str, Any], at: tuple[str, int]) -> Any:
    """A whole in which the value stands at its place, so that pointers lead to it."""
    return {at[0]: [*({} for _ in range(at[1])), {"value": value}]}


def _across(made: Sequence[Fact], written: Sequence[FactWritten], at: str) -> Iterator[FieldError]:
    """What single facts cannot show."""
    names: dict[uuid.UUID, int] = {}
    for index, fact in enumerate(made):
        names.setdefault(fact.fact_id, index)
    for index, fact in enumerate(made):
        place = f"/{at}/{index}"
        for found in unknown_zone(f"{place}/received_zone", fact.received_zone):
            yield FieldError(found.pointer, found.code, found.detail)
        if fact.recorded_at < fact.received_at:
            words = "This was recorded before it was received."
            yield FieldError(f"{place}/recorded_at", "before-receipt", words)
        if names[fact.fact_id] != index:
            yield FieldError(place, "fact-repeated", "This fact stands twice.")
        if written[index].supersedes is not None and fact.supersedes not in names:
            yield FieldError(f"{place}/supersedes", "fact-unknown", "There is no such fact.")
    sent = {fact.value["submission"] for fact in made if fact.kind == "submission"}
    for index, fact in enumerate(made):
        if fact.kind == "acknowledgement" and fact.value["submission"] not in sent:
            place = f"/{at}/{index}/value/submission"
            yield FieldError(place, "submission-unknown", "There is no such submission.")


def _with_onset(fact: Fact, made: Sequence[Fact], written: FactWritten) -> Fact:
    """Expectedness is judged for an onset; where none is named, for the one known by then."""
    if fact.kind != "expectedness" or "onset_on" in written.value:
        return fact
    told = [
        each
        for each in made
        if each.kind == "onset"
        and each.value["event"] == fact.value["event"]
        and each.received_at <= fact.received_at
    ]
    if not told:
        return fact
    last = max(told, key=lambda each: each.received_at)
    return replace(fact, value={**fact.value, "onset_on": last.value["on"]})
