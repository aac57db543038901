"""Classification of a case for one authority: what it is to them, and what is owed by when.

A pure function of dated facts and a rule set: no clock, no database, a stable order. Asked for a
past instant it answers what it would have answered then. ICH E2A; the texts the rule sets name.
"""

import uuid
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from services.safety.domain import owed
from services.safety.domain.counting import Case
from services.safety.domain.episodes import Step, episodes, last_verdicts, steps
from services.safety.domain.facts import MINIMUM_CRITERIA, Fact, completed_by, earliest_held, known
from services.safety.domain.obligations import Obligation, State
from services.safety.domain.reasons import verdict_words
from services.safety.domain.reports import Report, reports_to
from services.safety.domain.rule_sets import INITIAL, RuleSet
from services.safety.domain.verdicts import Ruling, Verdict


@dataclass(frozen=True)
class Ruled:
    """What the case is to the authority as a whole: the worst of its pairs. ``unclassified`` is an
    alarm, never a silence."""

    rule_set: str
    rule_version: str
    authority: str
    outcome: Ruling
    rule_id: str | None
    regulation: str | None
    verified_by: str | None
    provisional: bool
    reason: str


@dataclass(frozen=True)
class Classification:
    """``ruled`` is None where the case holds no event yet; ``susars`` are the numbers of the events
    that are one with some product."""

    ruled: Ruled | None
    obligations: tuple[Obligation, ...]
    susars: frozenset[str] = frozenset()


def classify(
    case_id: uuid.UUID, facts: Iterable[Fact], rules: RuleSet, as_of: datetime
) -> Classification:
    """What the case is and owes by what was recorded until ``as_of``, earliest due first.

    Obligations that began and are no longer owed are among them as superseded.
    """
    recorded = tuple(fact for fact in facts if fact.recorded_at <= as_of)
    case, walked = _case(case_id, rules, recorded, as_of)
    found = {each.obligation_id: each for each in _owed(case, walked, recorded)}
    found |= {each.obligation_id: each for each in _kept(case, recorded, set(map(str, found)))}
    ordered = sorted(found.values(), key=lambda each: (each.due_at, each.clock_id, each.began_at))
    now = walked[-1].verdicts if walked else ()
    susars = frozenset(verdict.pair.event for verdict in now if _is_susar(verdict))
    return Classification(_ruled(rules, walked), tuple(ordered), susars)


def _case(
    case_id: uuid.UUID, rules: RuleSet, recorded: Iterable[Fact], as_of: datetime
) -> tuple[Case, tuple[Step, ...]]:
    """The case by what was recorded until ``as_of``, and its steps."""
    facts = tuple(recorded)
    standing = known(facts, as_of)
    held = earliest_held(standing)
    case = Case(
        case_id=case_id,
        rules=rules,
        facts=standing,
        reports=tuple(
            replace(report, verdicts=_verdicts(rules, facts, report.fixed_at))
            for report in reports_to(rules.authority, standing)
        ),
        complete=completed_by(standing),
        missing=tuple(name for name in MINIMUM_CRITERIA if name not in held),
    )
    return case, steps(standing, rules)


def _verdicts(rules: RuleSet, facts: Iterable[Fact], at: datetime) -> tuple[Verdict, ...]:
    """How the case was classified by what was recorded until an instant."""
    return last_verdicts(known(facts, at), rules)


def _owed(case: Case, walked: Sequence[Step], recorded: Sequence[Fact]) -> Iterable[Obligation]:
    """What is owed. What comes after a waiver is not waived by it: where one closes a first report,
    the episodes are looked at again with it."""
    found = list(_owed_beside(case, walked, recorded, ()))
    closed = [(each, waiver) for each in found if (waiver := _waiver_of(case, each)) is not None]
    firsts = [(each, waiver) for each, waiver in closed if each.kind in {*INITIAL, "every"}]
    return _owed_beside(case, walked, recorded, firsts) if firsts else found


def _waiver_of(case: Case, obligation: Obligation) -> Fact | None:
    name = str(obligation.obligation_id)
    waivers = (fact for fact in case.facts if fact.kind == "waiver")
    return next((fact for fact in waivers if fact.value["obligation"] == name), None)


def _owed_beside(
    case: Case,
    walked: Sequence[Step],
    recorded: Sequence[Fact],
    closed: Sequence[tuple[Obligation, Fact]],
) -> Iterable[Obligation]:
    told = [report for report in case.reports if report.accepted and report.is_initial]
    fatal_told = [each for each in told if "fatal" in each.fact.value["kinds"]]
    waived = [
        (each.kind, Report(fact, True, _verdicts(case.rules, recorded, fact.received_at)))
        for each, fact in closed
    ]
    firsts = [made for _, made in waived]
    fatal_waived = [made for kind, made in waived if kind == "fatal"]
    reportable = episodes(walked, _is_susar, told, firsts)
    yield from owed.fatal(case, episodes(walked, _is_fatal, fatal_told, fatal_waived))
    yield from owed.others(case, reportable)
    yield from owed.own_periods(case, episodes(walked, _has_own_period, told, firsts))
    yield from owed.follow_ups(case, reportable, told)
    # A report that nobody has answered yet may be accepted: what takes it back is owed meanwhile.
    out = [each for each in case.reports if each.accepted is not False and each.is_initial]
    reversed_by = _reversed_by(case, walked, recorded) if out else ()
    yield from owed.downgrades(case, reportable, out, reversed_by)
    yield from owed.nullifications(case, out)


def _reversed_by(case: Case, walked: Sequence[Step], recorded: Sequence[Fact]) -> Sequence[Fact]:
    """The corrections by which the case was not reportable any more, where it is not now."""
    if walked and any(map(_is_susar, walked[-1].verdicts)):
        return ()

    def reportable(until: Iterable[Fact], at: datetime) -> bool:
        return any(map(_is_susar, _verdicts(case.rules, until, at)))

    return [
        fact
        for fact in case.facts
        if fact.value.get("correction")
        and reportable((f for f in recorded if f.recorded_at < fact.recorded_at), fact.recorded_at)
        and not reportable(recorded, fact.recorded_at)
    ]


def _kept(case: Case, recorded: Sequence[Fact], listed: AbstractSet[str]) -> Iterable[Obligation]:
    """What a report met, or a waiver closed, as it was owed then: a correction since does not take
    it off the list."""
    for fact, named, state in _closings(case):
        names = set(named) - listed
        if not names:
            continue
        before = [f for f in recorded if f.recorded_at <= fact.recorded_at and not _ends(f, fact)]
        then, walked = _case(case.case_id, case.rules, before, fact.recorded_at)
        for each in _owed(then, walked, before):
            if str(each.obligation_id) in names:
                yield replace(each, state=state)


def _closings(case: Case) -> Iterable[tuple[Fact, Sequence[str], State]]:
    for report in case.reports:
        if report.accepted:
            yield report.fact, report.fact.value["obligations"], "submitted"
    for fact in case.facts:
        if fact.kind == "waiver":
            yield fact, [fact.value["obligation"]], "waived"


def _ends(fact: Fact, closing: Fact) -> bool:
    """Whether a fact is the closing itself, or the answer to it."""
    name = closing.value.get("submission")
    return fact.fact_id == closing.fact_id or (
        name is not None and fact.value.get("submission") == name
    )


def _is_susar(verdict: Verdict) -> bool:
    return verdict.outcome == "susar"


def _is_fatal(verdict: Verdict) -> bool:
    return verdict.outcome == "susar" and verdict.fatal is not False


def _has_own_period(verdict: Verdict) -> bool:
    return verdict.outcome == "exempt_period"


def _ruled(rules: RuleSet, walked: Sequence[Step]) -> Ruled | None:
    if not walked or not walked[-1].verdicts:
        return None
    verdicts = walked[-1].verdicts
    rank = min(verdict.rank for verdict in verdicts)
    worst = [verdict for verdict in verdicts if verdict.rank == rank]
    # What is certain decides before what is only not said.
    first = min(worst, key=lambda verdict: len(verdict.unsaid))
    return Ruled(
        rule_set=rules.id,
        rule_version=rules.version,
        authority=rules.authority,
        outcome=first.outcome,
        rule_id=None if first.rule is None else first.rule.id,
        regulation=None if first.rule is None else first.rule.regulation,
        verified_by=None if first.rule is None else first.rule.verified_by,
        provisional=bool(first.unsaid),
        reason=verdict_words(first),
    )
