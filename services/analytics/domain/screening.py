"""Why a registered subject is not randomized."""

from collections.abc import Iterable, Mapping
from datetime import date

from services.analytics.domain.study_data import KeptRecord, StudyData
from shared.study import StudyDefinition
from shared.study.kept import kept_value
from shared.study.predicate import Truth, evaluate
from shared.study.values import Value, ValueRefusedError
from shared.study.withdrawal import WithdrawalRecord

WITHDRAWN = "withdrawn"
SCREENING = "screening"


def screening_ends(
    definition: StudyDefinition, data: StudyData, subjects: Iterable[str], cutoff: date
) -> Mapping[str, str]:
    """Of each of these subjects the rule of the gate that it was refused by, ``WITHDRAWN`` where a
    record says so, else ``SCREENING``; in the order of their ids.

    The last refusal by the cutoff counts, and of its rules the first in the order of the
    definition, so that every subject has one reason and the reasons add up.
    """
    refused = {
        each.subject: rule
        for each in data.refusals
        if each.refused_on <= cutoff
        for rule in (_first_rule(definition, each.rules),)
        if rule is not None
    }
    withdrawn = _withdrawn(definition, data.records, cutoff)
    return {
        subject: refused.get(subject, WITHDRAWN if subject in withdrawn else SCREENING)
        for subject in sorted(subjects)
    }


def _first_rule(definition: StudyDefinition, rules: tuple[str, ...]) -> str | None:
    """None where the gate was not passed for want of a value and no rule was broken."""
    return next((rule.id for rule in definition.eligibility.rules if rule.id in rules), None)


def _withdrawn(
    definition: StudyDefinition, records: Iterable[KeptRecord], cutoff: date
) -> set[str]:
    rule = definition.randomization.withdrawn_when
    if rule is None:
        return set()
    return {
        record.subject
        for record in records
        if record.form == rule.form
        and (record.observed_on is None or record.observed_on <= cutoff)
        and _withdraws(definition, rule, record)
    }


def _withdraws(definition: StudyDefinition, rule: WithdrawalRecord, record: KeptRecord) -> bool:
    if rule.where is None:
        return True
    values: dict[str, Value | None] = {}
    for item in definition.form(rule.form).items:
        text = record.items.get(item.id)
        try:
            values[item.id] = None if text is None else kept_value(item, text)
        except ValueRefusedError:
            values[item.id] = None  # unreadable: as if it were missing
    return evaluate(rule.where, values, definition.thresholds_by_id()) is not Truth.FALSE
