"""Safety: the adverse event window, seriousness criteria, clocks, reference safety, escalation."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from shared.study.base import AnchorRef, Code, FormRef, Model, Name, Number, Sourced, Text
from shared.study.criteria import Predicate
from shared.study.forms import Item
from shared.study.reporting import Reporting

Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}(\.[0-9]{1,4}){0,2}$")]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
"""A country (ISO 3166-1 alpha-2), or `EU` for the member states together."""


class AdverseEventWindow(Sourced):
    """Adverse events are collected from `start` to at least `days_after` days after `end`."""

    start: AnchorRef
    end: AnchorRef
    days_after: int = Field(ge=0, le=3650)


class SeriousnessCriterion(Sourced):
    """One criterion of ICH E2A; `item` is the case item that says whether it is met."""

    code: Name
    label: Text
    item: Name


class SiteClock(Sourced):
    """What the site owes the sponsor: a report within `hours` of elapsed time after it became aware
    of a case whose `trigger` is TRUE. `verified_by` stays empty until a qualified person has
    confirmed the rule against its text."""

    id: Name
    label: Text
    authority: Annotated[Text, Field(max_length=40)]
    hours: int = Field(ge=1, le=8760)
    trigger: Predicate
    regulation: Text
    verified_by: Text | None = None


class RowsVerified(Model):
    """Rows of a rule set that a qualified person, `by`, held against their texts `on` a day."""

    rows: Annotated[tuple[Name, ...], Field(min_length=1)]
    by: Annotated[Text, Field(max_length=200)]
    on: date


class RuleSetInForce(Sourced):
    """A shipped rule set of an authority that this study reports to, at a fixed version. Until a
    row is among the `verified`, whatever rests on it says that nobody verified it."""

    id: Name
    version: Version
    verified: tuple[RowsVerified, ...] = ()


class ValidFor(Model):
    """Where and when a version of the reference safety information holds: once the authority
    approved it, until the day before the next one (`until` itself is the last day)."""

    region: Region
    start: date
    until: date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until is not None and self.until < self.start:
            raise ValueError("until lies before start")
        return self


class ReferenceSafety(Sourced):
    """A version of a product's reference safety information: which serious reactions it lists as
    expected, and where it is valid when. It proposes; a person decides (CTR Annex III 2.2).

    A fatal reaction is expected only where it is among `expected_fatal_terms` (CTFG Q&A 2017)."""

    product: Code
    version: Annotated[Text, Field(max_length=80)]
    valid: Annotated[tuple[ValidFor, ...], Field(min_length=1)]
    expected_terms: tuple[Text, ...] = ()
    expected_fatal_terms: tuple[Text, ...] = ()


class AnticipatedEvents(Sourced):
    """Serious events to be expected in the population without the drug: watched in aggregate where
    an authority's rules say so. A list of its own, apart from the reference safety information."""

    version: Version
    terms: tuple[Text, ...]


class ProtocolExemption(Sourced):
    """A serious event that the protocol takes out of immediate reporting to the authorities of
    `rule_sets`; with `days`, it is reported in that period instead. Unless
    `unless_suspected` is false, it covers no event that investigator or sponsor suspects."""

    id: Name
    label: Text
    rule_sets: Annotated[tuple[Name, ...], Field(min_length=1)]
    unless_suspected: bool = True
    days: Annotated[int, Field(ge=1, le=3650)] | None = None


class CriteriaSet(Sourced):
    """Diagnostic criteria by which an event of special interest was called one."""

    id: Name
    label: Text
    version: Version


class SpecialInterest(Sourced):
    """An adverse event of special interest: reported by the site on its clock also where it is not
    serious, with `inputs` that its criteria need. `event_term` is the dictionary term to code."""

    code: Code
    label: Text
    event_term: Text
    criteria_sets: Annotated[tuple[CriteriaSet, ...], Field(min_length=1)]
    inputs: tuple[Item, ...]


class RecordedRelation(Model):
    """The item of the adverse event form that says whether a product is related (`RELATED`)."""

    item: Name
    product: Code


class RecordedAction(Model):
    """The item of the adverse event form that says what was done with a product because of it."""

    item: Name
    product: Code


class EscalationStep(Sourced):
    """A step of the ladder from receipt to due: a `fraction` of that time gone (0 to 1), or so many
    `hours_before` the due instant (0 = at it, negative = after it)."""

    id: Name
    roles: Annotated[tuple[Name, ...], Field(min_length=1)]
    fraction: Annotated[Number, Field(gt=0, lt=1)] | None = None
    hours_before: Annotated[int, Field(ge=-8760, le=8760)] | None = None

    @model_validator(mode="after")
    def _one_position(self) -> Self:
        if (self.fraction is None) == (self.hours_before is None):
            raise ValueError("needs exactly one of fraction and hours_before")
        return self


class Safety(Sourced):
    """What the safety service reads. `case_items` are the facts of a case that triggers may name;
    `form` is the adverse event form with which cases are reconciled; `end_item`, `outcome_item` and
    `relationship_item` are its items for the event's end, its outcome, and its relationship to the
    treatment as a whole; `death` is the anchor that dates a death."""

    form: FormRef
    window: AdverseEventWindow
    receiver_time_zone: Annotated[Text, Field(max_length=64)]
    case_items: tuple[Item, ...]
    seriousness: tuple[SeriousnessCriterion, ...]
    clocks: tuple[SiteClock, ...]
    rule_sets: Annotated[tuple[RuleSetInForce, ...], Field(min_length=1)]
    reference_safety: tuple[ReferenceSafety, ...] = ()
    anticipated: AnticipatedEvents | None = None
    exemptions: tuple[ProtocolExemption, ...] = ()
    special_interest: tuple[SpecialInterest, ...] = ()
    relations: tuple[RecordedRelation, ...] = ()
    actions: tuple[RecordedAction, ...] = ()
    end_item: Name | None = None
    outcome_item: Name | None = None
    relationship_item: Name | None = None
    death: AnchorRef | None = None
    escalation: tuple[EscalationStep, ...]
    reporting: Reporting | None = None
