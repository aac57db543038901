"""Result rows of where the trial stands between its planned looks: for the committee alone.

A night is no look: the boundary at the present information is what a look held now would have to
pass. Looks that were held are told as they were; what they left is spent at the planned looks after
them, and at one held now. Sources of the estimators: ``interim.boundaries`` and
``interim.conditional_power``.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from statistics import NormalDist

from services.analytics.domain.estimate import Convention, Estimate
from services.analytics.domain.group_rows import OWN
from services.analytics.domain.interim.boundaries import Look, spending_boundary
from services.analytics.domain.interim.conditional_power import Trend, conditional_power
from services.analytics.domain.interim.spending import Spending
from services.analytics.domain.looks_held import LEAST, HeldLook, Schedule, schedule
from services.analytics.domain.results import OutputClass, ResultRow
from services.analytics.domain.statistic_rows import with_estimate
from shared.study.interim import InterimPlan

NOT_A_LOOK = "for orientation: a look is held by decision of the committee"
TOO_EARLY = "less than 0.01 of the planned information"
COMPLETE = "the planned information is complete"
NO_FINAL = "the last look has no boundary"
SPENDING = {"obrien_fleming": Spending.OBRIEN_FLEMING, "pocock": Spending.POCOCK}
TRENDS = {"null": Trend.NULL, "current": Trend.CURRENT, "design": Trend.DESIGN}
NO_STATISTIC = "the look had no statistic"
NOTHING_NEW = "less than 0.01 of the planned information since the last look held"
STOPPED = "the committee stopped at a look held before"
STATISTICS = frozenset({
    "interim_information", "interim_z", "held_information", "held_z", "boundary_z",
    "boundary_p_one_sided", "conditional_power",
})  # fmt: skip
NOW = "now"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the data say now: ``information`` in subjects or events (``unit``), and the one-sided z
    (positive where the arm is better), or why there is none. ``n`` and ``events`` are those of the
    subjects that the z is of."""

    endpoint: str
    population: str
    contrast: str
    information: int
    unit: str
    z: Estimate
    method: str
    n: int
    events: int
    inputs_hash: str


def interim_rows(
    plan: InterimPlan, standing: Standing, cutoff: date, looks: Sequence[HeldLook] = ()
) -> Iterator[ResultRow]:
    """Information, the statistic, the looks held, the boundary of each of them, of every planned
    one to come and of one held now, and conditional power under each trend; what cannot be told
    has a reason."""
    share = min(1.0, standing.information / plan.planned)
    times = schedule(plan, standing.contrast, looks)
    boundary = spending_boundary(SPENDING[plan.spending], float(plan.alpha), times.shares).looks
    base = _base(plan, standing, cutoff)
    if any(look.stopped for look, _ in times.held):
        base = replace(base, warnings=(*base.warnings, STOPPED))
    yield replace(
        base,
        statistic="interim_information",
        value=share,
        method="share of the planned information",
    )
    row = replace(base, statistic="interim_z", method=standing.method)
    yield with_estimate(row, standing.z)
    before, after = boundary[: len(times.held)], boundary[len(times.held) :]
    for (held, _), look in zip(times.held, before, strict=True):
        yield from _held(base, held, look)
        yield from _boundary(_of(base, held), plan, _name(held), look)
    for (number, _), look in zip(times.planned, after, strict=True):
        yield from _boundary(base, plan, f"look {number}", look)
    yield from _boundary(base, plan, NOW, _look_now(plan, times, share))
    yield from _power(base, plan, standing, share, boundary[-1].z.value)


def _look_now(plan: InterimPlan, times: Schedule, share: float) -> Look:
    """What a look held now would have to pass, after those that were held."""
    if share < times.last + LEAST:
        reason = NOTHING_NEW if times.held else TOO_EARLY
        return Look(share, Estimate(None, reason=reason), 0.0)
    before = [each for _, each in times.held]
    found = spending_boundary(SPENDING[plan.spending], float(plan.alpha), [*before, share])
    return found.looks[-1]


def _name(held: HeldLook) -> str:
    return f"held {held.number}"


def _of(base: ResultRow, held: HeldLook) -> ResultRow:
    """A row of a look held: with its day, its data and the decision."""
    told: Convention = {
        "held_on": held.held_on.isoformat(),
        "data_cutoff": held.data_cutoff.isoformat(),
        "decision": held.decision,
        "information": held.information,
    }
    return replace(base, category=_name(held), convention={**base.convention, **told}, warnings=())


def _held(base: ResultRow, held: HeldLook, look: Look) -> Iterator[ResultRow]:
    row = replace(_of(base, held), method="as recorded of the look")
    row = replace(row, convention={**row.convention, "look_information": look.information})
    yield replace(row, statistic="held_information", value=look.information)
    reason = None if held.z is not None else NO_STATISTIC
    yield with_estimate(replace(row, statistic="held_z"), Estimate(held.z, reason=reason))


def _boundary(base: ResultRow, plan: InterimPlan, name: str, look: Look) -> Iterator[ResultRow]:
    row = replace(
        base,
        category=name,
        method=f"{SPENDING[plan.spending].value} boundary",
        convention={**base.convention, "look_information": look.information, "spent": look.spent},
    )
    yield with_estimate(replace(row, statistic="boundary_z"), look.z)
    level = Estimate(look.p_one_sided, reason=look.z.reason)
    row = replace(row, statistic="boundary_p_one_sided", unit="probability")
    yield with_estimate(row, level)


def _power(
    base: ResultRow, plan: InterimPlan, standing: Standing, share: float, final: float | None
) -> Iterator[ResultRow]:
    drift = sum(NormalDist().inv_cdf(p) for p in (1.0 - float(plan.alpha), float(plan.power)))
    for name, trend in TRENDS.items():
        words: Convention = {"trend": trend.value, "final_z": final}
        if trend is Trend.DESIGN:
            words = {**words, "drift": drift, "power": float(plan.power)}
        row = replace(
            base,
            category=name,
            statistic="conditional_power",
            method="conditional power",
            unit="probability",
            convention={**base.convention, **words},
        )
        z = standing.z.value
        reason = _why_no_power(standing, share, final)
        if reason is not None or z is None or final is None:
            yield with_estimate(row, Estimate(None, reason=reason))
            continue
        hoped = drift if trend is Trend.DESIGN else None
        power = conditional_power(z, share, final, trend, hoped).power
        yield with_estimate(row, Estimate(power))


def _why_no_power(standing: Standing, share: float, final: float | None) -> str | None:
    if final is None:
        return NO_FINAL
    if share >= 1:
        return COMPLETE
    if share < LEAST:
        return TOO_EARLY
    return standing.z.reason


def _base(plan: InterimPlan, standing: Standing, cutoff: date) -> ResultRow:
    convention: Mapping[str, object] = {
        "information": standing.information,
        "information_unit": standing.unit,
        "planned": plan.planned,
        "looks": [str(look) for look in plan.looks],
        "alpha": float(plan.alpha),
        "sides": 1,
        "direction": f"positive: better in {standing.contrast.split(' vs ')[0]}",
    }
    return ResultRow(
        endpoint=standing.endpoint,
        population=standing.population,
        contrast=standing.contrast,
        statistic="interim_information",
        value=0.0,
        method="",
        convention=convention,  # type: ignore[arg-type]
        unit="1",
        n=standing.n,
        events=standing.events,
        cutoff=cutoff,
        inputs_hash=standing.inputs_hash,
        engine=OWN,
        output_class=OutputClass.CLOSED,
        warnings=(NOT_A_LOOK,),
    )
