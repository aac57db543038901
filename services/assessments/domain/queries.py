"""Which queries a change raises and which it closes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.assessments.domain.checks import Verdict
from services.assessments.domain.query_states import OUTSTANDING, State
from shared.study.predicate import Truth


@dataclass(frozen=True)
class Asked:
    """A query that is there, of a check or a derivation."""

    query_id: str
    record_id: str | None
    item: str | None
    check_id: str
    check_version: str
    state: State
    last_action: str
    seen_values: str | None
    rests_on: tuple[str, ...]
    form: str | None
    severity: str

    @property
    def outstanding(self) -> bool:
        return self.state in OUTSTANDING

    @property
    def by_person(self) -> bool:
        """Whether a person ended it: they have seen the values, and let them stand."""
        return not self.outstanding and self.last_action != "auto-close"


@dataclass(frozen=True)
class Question:
    """A query to raise."""

    record_id: str | None
    form: str | None
    item: str | None
    origin: str
    check_id: str | None
    check_version: str | None
    severity: str
    rests_on: tuple[str, ...]
    seen_values: str | None
    message: str
    record_version: int | None


@dataclass(frozen=True)
class Outcome:
    """What a change does: questions to raise, and queries to close with the record's version."""

    raised: tuple[Question, ...]
    closed: tuple[tuple[Asked, int | None], ...]


def settle(judged: Iterable[Verdict], asked: Sequence[Asked]) -> Outcome:
    """What the verdicts of checks do to the queries that are there.

    A check that fails asks once: not while it is asked already, in whatever version, and not again
    of the values that a person has let stand. A query closes by itself only where the very version
    of the check that raised it now passes.
    """
    of: dict[tuple[str | None, str | None, str], list[Asked]] = {}
    for each in asked:
        of.setdefault((each.record_id, each.item, each.check_id), []).append(each)
    raised, closed = [], []
    for verdict in judged:
        check, record = verdict.planned.check, verdict.record
        known = of.get((record.record_id, check.on, check.id), [])
        if verdict.truth is Truth.FALSE and not _answered(verdict, known):
            raised.append(_question(verdict))
        if verdict.truth is Truth.TRUE:
            closed += [
                (each, record.latest.number)
                for each in known
                if each.outstanding and each.check_version == str(check.version)
            ]
    return Outcome(tuple(raised), tuple(closed))


def _answered(verdict: Verdict, known: Iterable[Asked]) -> bool:
    return any(
        each.outstanding
        or (
            each.by_person
            and each.check_version == str(verdict.planned.check.version)
            and each.seen_values == verdict.seen
        )
        for each in known
    )


def _question(verdict: Verdict) -> Question:
    check, record = verdict.planned.check, verdict.record
    return Question(
        record_id=record.record_id,
        form=record.form,
        item=check.on,
        origin="check",
        check_id=check.id,
        check_version=str(check.version),
        severity=verdict.severity,
        rests_on=verdict.planned.rests_on,
        seen_values=verdict.seen,
        message=check.message,
        record_version=record.latest.number,
    )
