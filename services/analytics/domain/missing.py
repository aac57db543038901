"""Whether a result that is expected of a subject is missing, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.analytics.domain.subjects import Subject
from shared.study import StudyDefinition
from shared.study.derivation import selectable_records
from shared.study.missing import MissingData, MissingReason


@dataclass(frozen=True, slots=True)
class Missing:
    """How many results are expected, and how many are missing by reason, in the order of the
    definition."""

    subjects: int
    expected: int
    reasons: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many are missing."""
        return sum(self.reasons.values())


def is_expected(missing: MissingData, subject: Subject) -> bool:
    """Whether a result of the subject is expected."""
    return all(each in subject.anchors for each in missing.expected)


def missing_reason(
    definition: StudyDefinition, missing: MissingData, subject: Subject
) -> str | None:
    """Why the result of a subject is missing; None where it is there, or is not expected."""
    there = all(each in subject.anchors for each in missing.evaluable)
    if there or not is_expected(missing, subject):
        return None
    return next(each.id for each in missing.reasons if _holds(definition, each, subject))


def count_missing(
    definition: StudyDefinition, missing: MissingData, subjects: Sequence[Subject]
) -> Missing:
    """The missing results among subjects."""
    found = [missing_reason(definition, missing, each) for each in subjects]
    reasons = {each.id: found.count(each.id) for each in missing.reasons}
    return Missing(len(found), sum(is_expected(missing, each) for each in subjects), reasons)


def _holds(definition: StudyDefinition, reason: MissingReason, subject: Subject) -> bool:
    if reason.always_holds or any(each not in subject.anchors for each in reason.without):
        return True
    return reason.select is not None and bool(
        selectable_records(definition, reason.select, subject.records, subject.anchors)
    )
