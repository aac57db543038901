"""Fine and Gray's model of arms: ratios of the hazards of a cause's subdistribution.

Who had a competing event stays at risk, with the weight G(u-) / G(T-) of not being censored until u
(G is the Kaplan-Meier estimate of censoring over all arms). Source: Fine and Gray 1999; ties by
Breslow. The errors allow for G being estimated: the sandwich of the paper's section 3, summed over
counts, as everybody of an arm, day and cause adds the same. With strata each has its own baseline
hazard and its own G, and scores, information and sandwich add up (Zhou et al. 2011, regularly
stratified data).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from services.analytics.domain.competing.table import CompetingTable
from services.analytics.domain.cox.connection import BoolArray, reach_obstacles
from services.analytics.domain.cox.model import Coefficient, coefficients
from services.analytics.domain.cox.newton import maximize
from services.analytics.domain.cox.partial_likelihood import PartialLikelihood
from services.analytics.domain.life_table import FloatArray


class CensoringTies(StrEnum):
    """Who is at risk of being censored on a day on which others have an event.

    ``AT_RISK``: also who has an event on it (cmprsk's ``crr``). ``EVENTS_FIRST``: only who has none
    (survival's ``finegray``).
    """

    AT_RISK = "at risk"
    EVENTS_FIRST = "events first"


@dataclass(frozen=True, slots=True, eq=False)
class _Days:
    """Every observed day, (days,), and by arm, (arms, days); ``free`` is G just before the day."""

    times: FloatArray
    free: FloatArray
    at_risk: FloatArray
    events: FloatArray
    competing: FloatArray
    censored: FloatArray

    @property
    def staying(self) -> FloatArray:
        """Weight of those who had a competing event before the day."""
        past = np.cumsum(self.competing / self.free, axis=1)
        before = np.hstack([np.zeros((past.shape[0], 1)), past])[:, : self.times.size]
        return before * self.free


def fine_gray(
    tables: Sequence[CompetingTable],
    minimum_events: int = 0,
    ties: CensoringTies = CensoringTies.AT_RISK,
) -> tuple[Coefficient, ...]:
    """The log subdistribution hazard ratio of each arm but the first to the first.

    ``tables[k]`` is that of arm k, all of one cause. With fewer than ``minimum_events`` events of
    the cause in an arm or in the first, or without a finite maximum, there is none, with a reason.
    """
    return stratified_fine_gray([tables], minimum_events, ties)


def stratified_fine_gray(
    strata: Sequence[Sequence[CompetingTable]],
    minimum_events: int = 0,
    ties: CensoringTies = CensoringTies.AT_RISK,
) -> tuple[Coefficient, ...]:
    """The same of ``strata[s][k]``, the table of arm k in stratum s."""
    parts = [_days(tables, ties) for tables in strata]
    towards = np.sum([_arrows(days) for days in parts], axis=0) > 0
    reasons = reach_obstacles(towards)
    kept = [arm for arm, reason in enumerate(reasons) if reason is None]
    found = _fit(parts, kept) if len(kept) > 1 else None
    events = np.sum([days.events.sum(axis=1) for days in parts], axis=0)
    return coefficients(reasons, kept, found, events, minimum_events)


def _arrows(days: _Days) -> BoolArray:
    """(i, j) is true where arm j has an event while arm i is at risk (``reach_obstacles``)."""
    there, happened = days.at_risk + days.staying > 0, days.events > 0
    found: BoolArray = (there[:, None, :] & happened[None, :, :]).sum(axis=2) > 0
    return found


def _days(tables: Sequence[CompetingTable], ties: CensoringTies) -> _Days:
    times = np.unique(np.concatenate([each.times for each in tables]))
    any_cause = [each.of_any_cause() for each in tables]
    at_risk = np.array([each.at_risk_at(times) for each in any_cause], dtype=np.float64)
    failed = np.array([each.events_at(times) for each in any_cause], dtype=np.float64)
    events = np.array([each.of_cause().events_at(times) for each in tables], dtype=np.float64)
    remaining = np.hstack([at_risk, np.zeros((len(tables), 1))])[:, 1:]
    censored = at_risk - remaining - failed
    exposed = at_risk.sum(axis=0)
    if ties is CensoringTies.EVENTS_FIRST:
        exposed = exposed - failed.sum(axis=0)
    gone, lost = np.zeros(times.shape), censored.sum(axis=0)
    np.divide(lost, exposed, out=gone, where=lost > 0)
    free = np.append(1.0, np.cumprod(1.0 - gone)[:-1])[: times.size]
    return _Days(times, free, at_risk, events, failed - events, censored)


def _fit(strata: Sequence[_Days], kept: Sequence[int]) -> tuple[FloatArray, FloatArray] | None:
    """Log ratios of the arms ``kept`` to the first of them and their errors; None where the
    iteration has no end. Those of other arms are infinite: nobody of these weighs in a score."""
    terms = []
    for days in strata:
        events = days.events[kept]
        with_events = events.sum(axis=0) > 0
        risk = (days.at_risk + days.staying)[kept][:, with_events].T
        terms.append((days.times[with_events], events[:, with_events].T, risk))
    times, events, risk = (np.concatenate(each) for each in zip(*terms, strict=True))
    likelihood = PartialLikelihood(
        times, events, risk, events.sum(axis=1), np.arange(risk.shape[0])
    )
    maximum = maximize(likelihood)
    if maximum is None:
        return None
    middle = np.sum([_spread(days, kept, maximum.log_hazards) for days in strata], axis=0)
    bread = np.linalg.inv(maximum.information)
    variance = bread @ middle @ bread
    return maximum.log_hazards[1:], np.sqrt(variance.diagonal())


def _spread(days: _Days, kept: Sequence[int], log_hazards: FloatArray) -> FloatArray:
    """Sum over subjects of what each adds to the score, squared; a component for each arm that is
    ``kept`` but the first. Censoring is estimated from all arms, so those of others add to it."""
    arms = days.events.shape[0]
    ratio, weighs = np.zeros(arms), np.zeros(arms)
    ratio[kept], weighs[kept] = np.exp(log_hazards), 1.0
    events = days.events * weighs[:, None]
    risk = (days.at_risk + days.staying) * ratio[:, None]
    total = risk.sum(axis=0)
    jump = np.zeros(total.shape)
    np.divide(events.sum(axis=0), total, out=jump, where=total > 0)
    share = np.divide(risk, total, out=np.zeros(risk.shape), where=total > 0)
    # (arm, component, day): whether a subject is of the component's arm, less how many are.
    unit, others = np.eye(arms)[:, kept[1:]], share[kept[1:], :]
    off = (unit[:, :, None] - others[None, :, :]) * weighs[:, None, None]
    grown = np.cumsum(off * jump, axis=2)
    after = np.cumsum((off * (jump * days.free))[:, :, ::-1], axis=2)[:, :, ::-1]
    later = np.concatenate([after[:, :, 1:], np.zeros((arms, len(kept) - 1, 1))], axis=2)
    at_risk = -ratio[:, None, None] * grown
    beyond = -ratio[:, None, None] * later / days.free
    exposed = days.at_risk.sum(axis=0)
    lost = days.censored.sum(axis=0)
    moved = _pull(days, ratio, after) / exposed
    drift = np.cumsum(moved * lost / exposed, axis=1)
    parts = (
        (days.events, off + at_risk - drift),
        (days.competing, at_risk + beyond - drift),
        (days.censored, at_risk + moved - drift),
    )
    found = np.zeros((len(kept) - 1, len(kept) - 1))
    for number, each in parts:
        found += np.einsum("kd,kad,kbd->ab", number, each, each)
    return found


def _pull(days: _Days, ratio: FloatArray, after: FloatArray) -> FloatArray:
    """q(u), (component, day): how the score moves with censoring on a day.

    Of those with a competing event before the day, events on it and after it: as cmprsk.
    """
    gone = days.competing / days.free
    past = (np.cumsum(gone, axis=1) - gone) * ratio[:, None]
    pull: FloatArray = np.einsum("kd,kad->ad", past, after)
    return pull
